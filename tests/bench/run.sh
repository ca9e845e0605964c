#!/usr/bin/env bash
# run.sh -- measures the library against C written by hand, on PostgreSQL and on SQLite.
#
#     tests/bench/run.sh BUILD
#
# BUILD is the folder that make built into; programs and results go to BUILD/bench: postgresql.json, sqlite.json, bench.svg.
# BENCH="case ..." selects cases, BENCH_DATABASES one database; BENCH_ROUNDS and BENCH_SCALE as harness.c says.
# BENCH_CORES=2 gives the server a processor of its own, which tells of latency; with one, the steadier measure, time is the
# work of both together.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
out=$build/bench
cores=${BENCH_CORES:-1}
databases=${BENCH_DATABASES:-postgresql sqlite}
# BENCH=generator measures the generator and the compilers instead, BENCH=fibers many readers at once.
if [ "${BENCH:-}" = generator ]; then
    exec tests/bench/generator.py "$build"
elif [ "${BENCH:-}" = fibers ]; then
    exec tests/bench/fibers.sh "$build"
fi
read -ra cases <<<"${BENCH:-}"

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
        $(pkg-config --cflags libpq sqlite3) tests/bench/{harness,ours}.c "tests/bench/$database"*.c "$out/bench.c" \
        "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm -o "$out/bench_$database"
}

url_of() {
    case $1 in
    postgresql) echo "$ORM_TEST_POSTGRESQL_URL" ;;
    sqlite) echo "sqlite:///$memory/bench.db" ;;
    esac
}

# SQLite's file lies in memory where it can, as PostgreSQL's fsync is off: disks are too unsteady.
memory=$(mktemp -d /dev/shm/ormc-bench.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$memory"' EXIT
mkdir -p "$out" && rm -f "$out"/*.tsv && "$build/ormc" generate tests/bench/bench.yaml -o "$out" || exit 1
for database in $databases; do
    compile "$database" || exit 1
    [ "$cores" = 2 ] && processor=1 || processor=0
    pinned "$processor" "$out/bench_$database" "$(url_of "$database")" "$out/$database" ${cases[@]+"${cases[@]}"} || exit 1
    echo
done
cat "$out"/*.tsv | awk -f tests/bench/chart.awk >"$out/bench.svg"
[ -n "${BENCH:-}" ] || [[ $databases != *postgresql* ]] || tests/bench/fibers.sh "$build"
echo "written: $out/*.json, $out/bench.svg"
