#!/usr/bin/env bash
# run.sh -- measures the library against C written by hand, on PostgreSQL and on SQLite.
#
#     tests/bench/run.sh BUILD
#
# BUILD is the folder that make built into; programs and results go to BUILD/bench: postgresql.json, sqlite.json, bench.svg.
# BENCH="case ..." selects cases, BENCH_DATABASES one database; BENCH_ROUNDS and BENCH_SCALE as harness.c says.
# BENCH_CORES=2 gives the server a processor of its own, which tells of latency; with one, the steadier measure, time is the
# work of both together. Without BENCH all of it is done: the cases; some of them on two processors (postgresql_two.json);
# the cost of a row by the number of rows (postgresql_flat.json, sqlite_flat.json, flat.svg: BENCH=flat); many readers at once
# (BENCH=fibers). BENCH=generator measures the generator and the compilers instead.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
out=$build/bench
cores=${BENCH_CORES:-1}
databases=${BENCH_DATABASES:-postgresql sqlite}
if [ "${BENCH:-}" = generator ]; then
    exec tests/bench/generator.py "$build"
elif [ "${BENCH:-}" = fibers ]; then
    exec tests/bench/fibers.sh "$build"
fi
read -ra cases <<<"${BENCH:-}"
two="get_new get read insert commit flush update children"

# pinned PROCESSOR COMMAND...; where that cannot be had the figures are less steady.
pinned() {
    local processor=$1
    shift
    if command -v taskset >/dev/null && taskset -c "$processor" true 2>/dev/null; then
        taskset -c "$processor" "$@"
    else
        "$@"
    fi
}

if [ -z "${ORM_TEST_POSTGRESQL_URL:-}" ] && [[ $databases == *postgresql* ]]; then
    pinned 0 tests/postgresql.sh tests/bench/run.sh "$build"
    exit
fi

compile() {
    local database=$1
    # shellcheck disable=SC2046
    ${CC:-cc} -std=c11 -O2 -g -pthread -D_POSIX_C_SOURCE=200809L -Wall -Wextra -iquote tests/bench -I"$out" -Iruntime/include \
        $(pkg-config --cflags libpq sqlite3) tests/bench/{harness,memory,report}.c tests/bench/ours*.c "tests/bench/$database"*.c \
        "$out/bench.c" "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm -o "$out/bench_$database"
}

# measure DATABASE NAME [CASE...], which writes NAME.json and NAME.tsv
measure() {
    local database=$1 name=$2 processor=0 url="sqlite:///$memory/bench.db"
    shift 2
    [ "$database" = sqlite ] || url=$ORM_TEST_POSTGRESQL_URL
    [ "$cores" = 1 ] || processor=1
    BENCH_CORES=$cores pinned "$processor" "$out/bench_$database" "$url" "$out/$name" "$@" || exit 1
    echo
}

# SQLite's file lies in memory where it can, as PostgreSQL's fsync is off: disks are too unsteady.
memory=$(mktemp -d /dev/shm/ormc-bench.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$memory"' EXIT
mkdir -p "$out" && "$build/ormc" generate tests/bench/bench.yaml -o "$out" || exit 1
for database in $databases; do
    compile "$database" || exit 1
done

if [ "${cases[0]:-}" != flat ]; then
    rm -f "$out"/{postgresql,sqlite}.tsv
    for database in $databases; do
        measure "$database" "$database" ${cases[@]+"${cases[@]}"}
    done
    cat "$out"/{postgresql,sqlite}.tsv 2>/dev/null | awk -f tests/bench/chart.awk >"$out/bench.svg"
fi
if [ -z "${BENCH:-}" ] && [ "$cores" = 1 ] && [[ $databases == *postgresql* ]]; then
    # shellcheck disable=SC2086
    cores=2 BENCH_ROUNDS=${BENCH_ROUNDS:-5} measure postgresql postgresql_two $two
fi
if [ -z "${BENCH:-}" ] || [ "${cases[0]:-}" = flat ]; then
    rm -f "$out"/*_flat.tsv
    for database in $databases; do
        BENCH_FLAT=yes measure "$database" "${database}_flat" ${cases[@]+"${cases[@]:1}"}
    done
    cat "$out"/*_flat.tsv | awk -f tests/bench/flat.awk >"$out/flat.svg"
fi
[ -n "${BENCH:-}" ] || [[ $databases != *postgresql* ]] || tests/bench/fibers.sh "$build"
echo "written: $out/*.json, $out/*.svg"
