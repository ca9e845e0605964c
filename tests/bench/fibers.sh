#!/usr/bin/env bash
# fibers.sh -- gets by key, many at once: fibers beside threads and beside libpq by hand, on PostgreSQL.
#
#     tests/bench/fibers.sh BUILD [--check]
#
# The program goes to BUILD/bench. --check runs a short form with loose limits, for `make check`; fibers.c says the rest.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
shift
out=$build/bench/fibers
if [ -z "${ORM_TEST_POSTGRESQL_URL:-}" ]; then
    exec tests/postgresql.sh tests/bench/fibers.sh "$build" "$@"
fi
mkdir -p "$out" && "$build/ormc" generate tests/bench/bench.yaml -o "$out" || exit 1
# shellcheck disable=SC2046
build_program() {
    ${CC:-cc} -std=c11 -O2 -g -pthread -D_POSIX_C_SOURCE=200809L -Wall -Wextra "$@" -iquote tests/bench -I"$out" \
        -Iruntime/include $(pkg-config --cflags libpq) tests/bench/fibers.c tests/bench/fibers_best.c "$out/bench.c" \
        "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm -ldl
}

# Of a side, those of the last round for each of its 20,000 gets.
instructions() {
    awk -v side="$1" '/^desc: Trigger: Client Request: / { wanted = $NF == side }
        /^(summary|totals): / { if (wanted) n = $2 } END { printf "%d\n", n / 20000 }' "$memory"/counts*
}

# Time is too unsteady for a test of a few per cent; instructions are not.
count() {
    local failed=0
    memory=$(mktemp -d)
    trap 'rm -rf "$memory"' EXIT
    build_program -DBENCH_COUNTED -o "$out/bench_fibers_counted" || return 1
    BENCH_SIDES=fibers,single,by_hand valgrind -q --tool=callgrind --callgrind-out-file="$memory/counts" \
        "$out/bench_fibers_counted" "$ORM_TEST_POSTGRESQL_URL" --check >"$memory/log" 2>&1
    compare "a get on a fiber, together with others" fibers 80 || failed=$((failed + 1))
    compare "a get on a fiber, a statement of its own" single 155 || failed=$((failed + 1))
    [ $failed = 0 ] || cat "$memory/log"
    echo "$((2 - failed)) passed, $failed failed"
    [ $failed = 0 ]
}

# What it is, its side, and how many hundredths of the instructions by hand it may take.
compare() {
    local ours best
    ours=$(instructions "$2") best=$(instructions by_hand)
    echo "$1: $ours instructions, by hand $best; at most $3 hundredths of those are allowed"
    [ "$ours" -gt 0 ] && [ "$best" -gt 0 ] && [ $((ours * 100)) -le $((best * $3)) ]
}

build_program -o "$out/bench_fibers" || exit 1
"$out/bench_fibers" "$ORM_TEST_POSTGRESQL_URL" "$@" || exit 1
if [ "${1:-}" = --check ] && command -v valgrind >/dev/null && [ -e /usr/include/valgrind/callgrind.h ]; then
    count
fi
