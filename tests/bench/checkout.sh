#!/usr/bin/env bash
# checkout.sh -- counts the instructions of our own that lending an idle connection and taking it back costs, uncontended.
#
#     tests/bench/checkout.sh BUILD
#
# At most 2,000 on each database; those of libpq, SQLite and the C library are told beside them. PostgreSQL is counted where
# ORM_TEST_POSTGRESQL_URL names one.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
rounds=1000 most=2000
passed=0 failed=0

if ! command -v valgrind >/dev/null || ! [ -e /usr/include/valgrind/callgrind.h ]; then
    echo "skipped: valgrind is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -O2 -g -pthread -D_POSIX_C_SOURCE=200809L -Iruntime/include tests/bench/checkout.c "$build/liborm.a" \
    $(pkg-config --libs libpq sqlite3) -lm -o "$scratch/checkout" || exit 1

# Sums each object's own instructions: a line of costs belongs to the object named last, unless it follows `calls=`.
count() {
    local name=$1 url=$2 ours others
    valgrind -q --tool=callgrind --instr-atstart=no --callgrind-out-file="$scratch/$name" "$scratch/checkout" "$url" $rounds \
        >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        failed=$((failed + 1))
        return
    }
    read -r ours others < <(awk -v rounds=$rounds '
        /^ob=/ { match($0, /\([0-9]+\)/); id = substr($0, RSTART, RLENGTH); if ($0 ~ /\/checkout$/) own[id] = 1 }
        /^cob=/ { match($0, /\([0-9]+\)/); if ($0 ~ /\/checkout$/) own[substr($0, RSTART, RLENGTH)] = 1 }
        /^calls=/ { skip = 1; next }
        /^[0-9+*-]/ { if (!skip) sum[id] += $2; skip = 0 }
        END { for (id in sum) if (id in own) ours += sum[id]; else others += sum[id]
              printf "%d %d\n", ours / rounds, others / rounds }' "$scratch/$name")
    if [ "$ours" -gt 0 ] && [ "$ours" -le $most ]; then
        passed=$((passed + 1))
        echo "$name: $ours instructions of our own, $others of libraries"
    else
        failed=$((failed + 1))
        echo "failed: $name: $ours instructions of our own, at most $most are allowed; $others of libraries"
    fi
}

count sqlite "sqlite:///$scratch/checkout.db"
[ -z "${ORM_TEST_POSTGRESQL_URL:-}" ] || count postgresql "$ORM_TEST_POSTGRESQL_URL"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
