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
${CC:-cc} -std=c11 -O2 -g -pthread -D_POSIX_C_SOURCE=200809L -Wall -Wextra -iquote tests/bench -I"$out" -Iruntime/include \
    $(pkg-config --cflags libpq) tests/bench/fibers.c tests/bench/fibers_best.c "$out/bench.c" "$build/liborm.a" \
    $(pkg-config --libs libpq sqlite3) -lm -o "$out/bench_fibers" || exit 1
"$out/bench_fibers" "$ORM_TEST_POSTGRESQL_URL" "$@"
