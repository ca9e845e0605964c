#!/usr/bin/env bash
# reference.sh -- every example of schemas/README.md works, and every key of the language stands there.
#
#     tests/reference.sh BUILD
#
# An example is generated and compiled; its program makes and removes the tables twice on SQLite, and on PostgreSQL when
# ORM_TEST_POSTGRESQL_URL names a database.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 1
build=$(realpath "$1") || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# Block N becomes N/example.yaml, with what its place lacks of a whole file in front.
awk -v out="$scratch" '
    /^<!-- (schema|models|columns) -->$/ { place = $2; next }
    /^```yaml$/ && place {
        inside = 1; file = out "/" ++n "/example.yaml"
        system("mkdir -p " out "/" n)
        printf "" > file
        if (place != "schema") print "package: example\nmodels:" > file
        if (place == "columns") print "  item:\n    columns:\n      id: {type: int64, primary_key: true}" > file
        indent = place == "columns" ? "      " : place == "models" ? "  " : ""
        next }
    /^```$/ && inside { inside = 0; place = ""; close(file); next }
    inside { print indent $0 > file }' schemas/README.md

cat >"$scratch/main.c" <<'EOF'
#include "example.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    orm_error error;
    orm_engine *engine;
    orm_status status = ORM_MISUSE;
    if (argc != 2 || orm_engine_open(argv[1], NULL, &engine, &error))
        return 1;
    for (int round = 0; round < 2; round++) {
        status = example_create_all(engine, &error);
        status = status ? status : example_create_all(engine, &error);
        status = status ? status : example_verify(engine, &error);
        status = status ? status : example_drop_all(engine, &error);
    }
    if (status)
        fprintf(stderr, "%s\n", error.message);
    orm_engine_close(engine);
    return status != ORM_OK;
}
EOF

run_example() {
    local folder=$1 url
    (cd "$folder" && "$build/ormc" generate -Werror example.yaml -o .) || return
    # shellcheck disable=SC2046
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror ${SANITIZE:+-fsanitize=$SANITIZE} -Iruntime/include -I"$folder" \
        "$folder/example.c" "$scratch/main.c" "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm -pthread \
        -o "$folder/example" || return
    for url in "sqlite:///$folder/example.db" ${ORM_TEST_POSTGRESQL_URL:+"$ORM_TEST_POSTGRESQL_URL"}; do
        "$folder/example" "$url" || { echo "on ${url%%:*}"; return 1; }
    done
}

count() {
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: ${*:2}"
        sed 's/^/    /' "${2}/example.yaml" 2>/dev/null
        failed=$((failed + 1))
    fi
}

# In an example, with a value behind it.
has_key() {
    cat "$scratch"/*/example.yaml | grep -qE "(^|[ {])$1:( |\$)"
}

for folder in $(find "$scratch" -mindepth 1 -type d | sort -V); do
    count run_example "$folder"
done
for key in $(sed -nE 's/^ *\{ORMC_(IN|AS)_[A-Z_]*, "([a-z_]+)", &.*$/\2/p' generator/language.c | sort -u); do
    count has_key "$key"
done
[ -n "${ORM_TEST_POSTGRESQL_URL:-}" ] || echo "skipped: PostgreSQL: ORM_TEST_POSTGRESQL_URL names no server"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
