#!/usr/bin/env bash
# run.sh -- pairs of schemas, migrated up and down on both databases with rows in place, and compared with databases made afresh:
# by their SQL, by `ormc introspect` and by `ormc drift`.
#
#     tests/migrations/run.sh ORMC [WORDS]        only cases whose names hold WORDS
#
# cases.txt says what the pairs are. Schemas are compared as pg_dump and sqlite_schema have them, with the parts of each table
# sorted, and the generated _verify of either schema is asked about the database that a migration leaves. The last line counts.
# SPDX-License-Identifier: MIT
set -u

# Two halves side by side, each with databases of its own.
if [ -z "${HALF:-}" ]; then
    halves=$(mktemp -d) || exit 1
    trap 'rm -rf "$halves"' EXIT
    HALF=1 "$0" "$@" >"$halves/1" &
    HALF=0 "$0" "$@" >"$halves/0"
    wait
    sed -s '$d' "$halves/0" "$halves/1"
    tail -qn 1 "$halves/0" "$halves/1" | awk '{passed += $1; failed += $3}
        END {printf "%d passed, %d failed, 0 skipped\n", passed, failed; exit NR != 2 || failed != 0 || passed == 0}'
    exit
fi

ormc=$(realpath "$1") || exit 1
build=$(dirname "$ormc")
include=$(realpath "$(dirname "$0")/../../runtime/include") || exit 1
only=${2:-}
cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 count=0
server=${ORM_TEST_POSTGRESQL_URL:?tests/postgresql.sh gives it}

# The SQL of a schema on its standard input, a line for each statement, what stands in parentheses sorted.
normalize() {
    tr '\n\t' '  ' | awk '
        function finish(   i, k, t) {
            sub(/^ +/, "", part); sub(/ +$/, "", part); parts[++n] = part; part = ""
        }
        function sorted(   i, k, t, all) {
            for (i = 2; i <= n; i++) { t = parts[i]; for (k = i - 1; k && parts[k] > t; k--) parts[k + 1] = parts[k]; parts[k + 1] = t }
            for (i = 1; i <= n; i++) all = all (i > 1 ? ", " : "") parts[i]
            n = 0
            return all
        }
        {
            gsub(/ +/, " ")
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                if (quote != "") { part = part c; if (c == quote) quote = ""; continue }
                if (c == "\"" || c == "\047") { quote = c; part = part c; continue }
                if (c == "(" && depth++ == 0 && part ~ /CREATE TABLE [^ ]+ $/) { head = part; part = ""; continue }
                if (c == ")") depth--
                if (head != "" && c == "," && depth == 1) { finish(); continue }
                if (head != "" && c == ")" && depth == 0) { finish(); part = head "(" sorted(); head = "" }
                if (c == ";" && depth == 0) { sub(/^ +/, "", part); print part; part = ""; continue }
                part = part c
            }
        }' | sed 's/( /(/g; s/ )/)/g' | sort
}

# --- databases -------------------------------------------------------------------------------------------------------
# Emptied rather than made anew, which takes ten times as long.
new_postgresql() {
    local url="${server/\/ormc_test\?//$1?}"
    psql -qX "$url" -c 'DROP SCHEMA IF EXISTS public, people, shop CASCADE' -c 'CREATE SCHEMA public' 2>/dev/null >&2
    echo "$url"
}
psql -qX "$server" -c "CREATE DATABASE migrated$HALF" -c "CREATE DATABASE fresh$HALF"
ask_postgresql() { psql -qXAt -v ON_ERROR_STOP=1 "$1" 2>&1; }
dump_postgresql() {
    pg_dump -s --no-owner -T ormc_migrations "$1" | grep -vE '^(--|SET |SELECT pg_catalog|\\)' | normalize
}

new_sqlite() { rm -f "$scratch/$1.db"*; echo "sqlite:///$scratch/$1.db"; }
ask_sqlite() { sqlite3 -bail -cmd 'PRAGMA foreign_keys = ON' "${1#sqlite:///}" 2>&1; }
# ALTER TABLE puts quotes around names, and takes them away: they are left out, those in texts are not.
dump_sqlite() {
    sqlite3 "${1#sqlite:///}" "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name <> 'ormc_migrations'
        AND name NOT LIKE 'sqlite_%'" | awk -v RS="'" -v ORS="'" 'NR % 2 { gsub(/"/, "") } 1' | sed '$ s/'"'"'$//' | normalize
}

create() { "$ormc" sql --dialect "$1" "$2" | "ask_$1" "$3"; }

# --- one case --------------------------------------------------------------------------------------------------------
fail() { echo "$name on $dialect: $*"; return 1; }

same() { diff "$scratch/$1" "$scratch/$2" >"$scratch/diff" || fail "$3:" "$(cat "$scratch/diff")"; }

answers() {
    local query
    for query in "$@"; do
        local got wanted=${query##* => }
        got=$(echo "${query% => *};" | "ask_$dialect" "$url") && [ "$got" = "$wanted" ] ||
            fail "'${query% => *}' answers '$got', not '$wanted'" || return
    done
}

write_revisions() {
    rm -rf "$scratch/migrations"
    sed "$old" base.yaml >"$scratch/old.yaml" && sed "$new" base.yaml >"$scratch/new.yaml"
    "$ormc" migrate new initial -d "$scratch/migrations" "$scratch/old.yaml" >"$scratch/log" 2>&1 ||
        fail "the first revision: $(cat "$scratch/log")" || return
    if [ "$loses" = yes ]; then
        ! "$ormc" migrate new change -d "$scratch/migrations" "$scratch/new.yaml" >"$scratch/log" 2>&1 ||
            fail "data may be lost without a word" || return
    fi
    "$ormc" migrate new change -d "$scratch/migrations" ${allow[@]+"${allow[@]}"} "$scratch/new.yaml" >"$scratch/log" 2>&1 ||
        fail "the second revision: $(cat "$scratch/log")" || return
    "$ormc" migrate check -d "$scratch/migrations" "$scratch/new.yaml" >"$scratch/log" 2>&1 ||
        fail "a second look finds something: $(cat "$scratch/log")"
}

# A program that asks about the database of its argument; the same schema is compiled once.
cat >"$scratch/main.c" <<'END'
#include "base.h"
#include <stdio.h>
int main(int argc, char **argv)
{
    orm_error error;
    orm_engine *engine;
    orm_status status = argc != 2 ? ORM_MISUSE : orm_engine_open(argv[1], NULL, &engine, &error);
    if (status)
        return 1;
    status = base_verify(engine, &error);
    printf("%s\n", error.message);
    orm_engine_close(engine);
    return status != ORM_OK;
}
END
ln -s "$build/liborm.so" "$scratch/liborm.so.0"
compile() {
    local folder=$scratch/$1
    cmp -s "$scratch/$1.yaml" "$folder/base.yaml" && return
    mkdir -p "$folder" && cp "$scratch/$1.yaml" "$folder/base.yaml" && "$ormc" generate -w "$folder/base.yaml" -o "$folder" &&
        ${CC:-cc} -std=c11 -O0 -w ${SANITIZE:+-fsanitize=$SANITIZE} -I"$include" -I"$folder" "$scratch/main.c" "$folder/base.c" \
            -L"$build" -Wl,-rpath,"$scratch" -lorm -o "$folder/verify"
}

verify() { "$scratch/$1/verify" "$url" >"$scratch/log" 2>&1 || fail "verify $2: $(cat "$scratch/log")"; }

migrate() {
    "$ormc" migrate "$@" -d "$scratch/migrations" --url "$url" >"$scratch/log" 2>&1
}

run_case() {
    local url fresh
    url=$("new_$dialect" "migrated$HALF") fresh=$("new_$dialect" "fresh$HALF")
    create "$dialect" "$scratch/new.yaml" "$fresh" >"$scratch/log" || fail "create: $(cat "$scratch/log")" || return
    "dump_$dialect" "$fresh" >"$scratch/wanted"
    migrate up 1 || fail "up 1: $(cat "$scratch/log")" || return
    "dump_$dialect" "$url" >"$scratch/before"
    { cat base.sql; printf '%s;\n' ${rows[@]+"${rows[@]}"}; } | "ask_$dialect" "$url" >"$scratch/log" ||
        fail "rows: $(cat "$scratch/log")" || return
    if [ "$loses" = yes ] && migrate up; then
        grep -q -- '--@ destructive' <(section up) && { fail "up loses data without a word"; return; }
        migrate down 1 --allow-destructive
    fi
    [ "$loses" = no ] || "dump_$dialect" "$url" >"$scratch/after"
    [ "$loses" = no ] || same before after "what was refused changed something" || return
    migrate up ${allow[@]+"${allow[@]}"} || fail "up: $(cat "$scratch/log")" || return
    "dump_$dialect" "$url" >"$scratch/after"
    same wanted after "after up" || return
    verify new "after up" || return
    describe "$fresh" >"$scratch/wanted.yaml" && describe "$url" >"$scratch/after.yaml" || fail "introspection" || return
    same wanted.yaml after.yaml "introspection after up" || return
    drifts_nowhere new "after up" || return
    answers ${up[@]+"${up[@]}"} || return
    migrate down --allow-destructive || fail "down: $(cat "$scratch/log")" || return
    "dump_$dialect" "$url" >"$scratch/after"
    same before after "after down" || return
    verify old "after down" || return
    drifts_nowhere old "after down" || return
    answers ${down[@]+"${down[@]}"}
}

# Columns sorted, without comments on what the schema language cannot say; SQLite quotes what it renames.
describe() {
    "$ormc" introspect --sort --package x "$1" 2>"$scratch/log" | grep -v '^ *#' | tr -d "\"'"
    [ ! -s "$scratch/log" ] || { cat "$scratch/log"; return 1; }
}

drifts_nowhere() {
    "$ormc" drift -w "$url" "$scratch/$1.yaml" >"$scratch/log" 2>&1 || fail "drift $2: $(cat "$scratch/log")"
}

# The part of the second revision for this database and direction.
section() {
    awk -v wanted="--@ on $dialect $1" '/^--@ on /{inside = $0 == wanted} inside' "$scratch"/migrations/0002_*.sql
}

finish_case() {
    [ -n "$name" ] || return
    count=$((count + 1))
    [ $((count % 2)) = "$HALF" ] || return
    local allow=() dialect=both
    [ "$loses" = no ] || allow=(--allow-destructive)
    if ! write_revisions || ! compile old || ! compile new; then
        failed=$((failed + 2))
        return
    fi
    for dialect in postgresql sqlite; do
        if run_case; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
}

begin_case() { name=$1 old="" new="" loses=no rows=() up=() down=(); }

begin_case ""
while IFS= read -r line; do
    case $line in
    "case "*) finish_case; begin_case "${line#case }"; [[ $name == *$only* ]] || name="" ;;
    "old "*) old=${line#old } ;;
    "new "*) new=${line#new } ;;
    "rows "*) rows+=("${line#rows }") ;;
    "up "*) up+=("${line#up }") ;;
    "down "*) down+=("${line#down }") ;;
    loses) loses=yes ;;
    esac
done <cases.txt
finish_case
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
