#!/usr/bin/env bash
# counts.sh -- counts instructions and allocations of the benchmark's cases, and fails when there are more than there were.
#
#     tests/bench/counts.sh BUILD [--update]
#
# Time is too unsteady for a test; the instructions that callgrind counts are not. Each contestant's are divided by those of the best
# C by hand in the same run, so that compiler and libraries matter little. What they were is in counts.tsv (--update writes it);
# a ratio may grow by a twentieth, on PostgreSQL, where answers come in pieces, by a tenth. Allocations, of the library's own
# code, are per row. PostgreSQL is counted where ORM_TEST_POSTGRESQL_URL names one. BUILD/bench/counts.json gets all of it.
# COUNT_CASES="get insert" counts these alone; not with --update, which would forget the others.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
out=$build/bench
known=tests/bench/counts.tsv
cases="${COUNT_CASES:-get_new get read insert commit flush update children bulk users_100 batch_100}"

if ! command -v valgrind >/dev/null || ! [ -e /usr/include/valgrind/callgrind.h ]; then
    echo "skipped: valgrind is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

memory=$(mktemp -d /dev/shm/ormc-counts.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$memory"' EXIT
mkdir -p "$out" && "$build/ormc" generate tests/bench/bench.yaml -o "$out" || exit 1

# count DATABASE URL: callgrind's dumps of the second round as lines of database, case, side, instructions, allocations per row.
count() {
    local database=$1 url=$2 program=$out/counted_$1
    # shellcheck disable=SC2046
    ${CC:-cc} -std=c11 -O2 -g -pthread -D_POSIX_C_SOURCE=200809L -DBENCH_COUNTED -iquote tests/bench -I"$out" \
        -Iruntime/include $(pkg-config --cflags libpq sqlite3) tests/bench/{harness,memory,report}.c tests/bench/ours*.c "tests/bench/$database"*.c \
        "$out/bench.c" "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm \
        -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc -o "$program" || return 1
    # shellcheck disable=SC2086
    BENCH_ROUNDS=1 BENCH_SCALE=$([ "$database" = sqlite ] && echo 20 || echo 50) BENCH_SIDES="core session best" valgrind -q --tool=callgrind --collect-atstart=no \
        --callgrind-out-file="$memory/$database" "$program" "$url" "$memory/out" $cases >"$out/counts.log" 2>&1 || {
        cat "$out/counts.log"
        return 1
    }
    awk '
        /^desc: Trigger: Client Request: count / { database = $6; name = $7; side = $8; rows = $9; allocations = $10 }
        /^(summary|totals): / { if (name != "") { n[name, side]++; if (n[name, side] == 2) {
            printf "%s\t%s\t%s\t%.0f\t%.2f\n", database, name, side, $2 / rows, allocations / rows } } name = "" }
        ' $(ls -v "$memory/$database".*)
}

{
    [ -z "${ORM_TEST_POSTGRESQL_URL:-}" ] || count postgresql "$ORM_TEST_POSTGRESQL_URL" || exit 1
    count sqlite "sqlite:///$memory/counts.db" || exit 1
} >"$memory/counted" || {
    cat "$memory/counted"
    exit 1
}

# database, case, side, instructions a row, ratio to the best, allocations a row
awk -F '\t' '
    { line[NR] = $0; if ($3 == "best") best[$1, $2] = $4 }
    END { for (i = 1; i <= NR; i++) { split(line[i], f, "\t")
        printf "%s\t%s\t%s\t%d\t%.3f\t%.2f\n", f[1], f[2], f[3], f[4], f[4] / best[f[1], f[2]], f[5] } }
    ' "$memory/counted" >"$memory/ratios"
awk -F '\t' 'BEGIN { print "[" } { printf "%s {\"database\": \"%s\", \"case\": \"%s\", \"side\": \"%s\", \"instructions\": %s, \"ratio\": %s, \"allocations\": %s}", (NR > 1 ? ",\n" : ""), $1, $2, $3, $4, $5, $6 } END { print "\n]" }' \
    "$memory/ratios" >"$out/counts.json"

if [ "${2:-}" = --update ]; then
    grep -v best "$memory/ratios" | cut -f 1-3,5,6 >"$known"
    echo "written: $known"
    exit 0
fi

awk -F '\t' '
    NR == FNR { ratio[$1, $2, $3] = $4; allocations[$1, $2, $3] = $5; next }
    $3 == "best" { next }
    !(($1, $2, $3) in ratio) { printf "failed: %s %s %s is not in counts.tsv\n", $1, $2, $3; failed++; next }
    {
        most = ratio[$1, $2, $3] * ($1 == "sqlite" ? 1.05 : 1.10)
        bad = $5 > most || $6 > allocations[$1, $2, $3] + 0.05
        printf "%s%-10s %-10s %-8s %7d instructions a row, %.3f of the best (was %.3f); %.2f allocations (was %.2f)\n",
            bad ? "failed: " : "", $1, $2, $3, $4, $5, ratio[$1, $2, $3], $6, allocations[$1, $2, $3]
        bad ? failed++ : passed++
    }
    END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 }
    ' "$known" "$memory/ratios"
