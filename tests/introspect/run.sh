#!/usr/bin/env bash
# run.sh -- `ormc introspect` and `ormc drift` on databases that people wrote, and on those that ormc makes.
#
#     tests/introspect/run.sh BUILD [--update|"" [WORDS]]     --update rewrites the expectations beside this file; only
#                                                             tests whose names hold WORDS
#
# Each test is a function whose name is its sentence; those of both_ run on each database. The last line counts.
# SPDX-License-Identifier: MIT
set -u

build=$(realpath "$1") || exit 1
update=${2:-}
ormc=$build/ormc
root=$(realpath "$(dirname "$0")/../..") || exit 1
here=$root/tests/introspect
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0
server=${ORM_TEST_POSTGRESQL_URL:?tests/postgresql.sh gives it}
only=${3:-}
cd "$scratch" || exit 1

# --- databases: emptied rather than made anew, which takes ten times as long ------------------------------------------
psql -qX "$server" -c 'CREATE DATABASE introspected_1' -c 'CREATE DATABASE introspected_2' || exit 1
new_postgresql() {
    local url="${server/\/ormc_test\?//introspected_$1?}"
    psql -qXAt "$url" -c "SELECT format('DROP SCHEMA %I CASCADE;', nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND
        nspname <> 'information_schema'" | psql -qX "$url" 2>/dev/null
    psql -qX "$url" -c 'CREATE SCHEMA public'
    echo "$url"
}
new_sqlite() {
    rm -f "$scratch/$1.db"*
    : >"$scratch/$1.db"
    echo "sqlite:///$scratch/$1.db"
}
ask_postgresql() { psql -qXAt -v ON_ERROR_STOP=1 "$1" >log 2>&1 || { cat log; return 1; }; }
ask_sqlite() { sqlite3 -bail -cmd 'PRAGMA foreign_keys = ON' "${1#sqlite:///}" >log 2>&1 || { cat log; return 1; }; }
new() { "new_$database" "$1"; }
ask() { "ask_$database" "$1"; }
create() { "$ormc" sql -w --dialect "$database" "$1" | ask "$2"; }

# --- what is expected --------------------------------------------------------------------------------------------------
is() { [ "$1" = "$2" ] || { echo "'$1' in place of '$2'"; return 1; }; }
says() { grep -qF -- "$1" log || { echo "nothing says '$1':"; cat log; return 1; }; }
ends_with() {
    local status=$1
    shift
    "$@" >log 2>&1
    is "$?" "$status" || { cat log; return 1; }
}
# What the language cannot say stands in comments, and is in no database that ormc makes.
introspect() { "$ormc" introspect --package round "$@"; }
without_comments() { grep -v '^ *#' "$1"; }
compiles() {
    "$ormc" generate -w -o out "$1" &&
        ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$root/runtime/include" -Iout -fsyntax-only out/*.c
}

# What a program does that is compiled from the schema: it makes all of it, and finds it as it should be.
cat >main.c <<'END'
#include "round.h"
#include <stdio.h>
int main(int argc, char **argv)
{
    orm_error error;
    orm_engine *engine;
    if (argc != 2 || orm_engine_open(argv[1], NULL, &engine, &error))
        return 1;
    orm_status status = round_create_all(engine, &error);
    if (!status)
        status = round_verify(engine, &error);
    if (status)
        printf("%s\n", error.message);
    orm_engine_close(engine);
    return status != ORM_OK;
}
END
ln -s "$build/liborm.so" liborm.so.0
create_by_program() {
    "$ormc" generate -w -o out "$1" &&
        ${CC:-cc} -std=c11 -O0 -Wall -Wextra -Wpedantic -Werror ${SANITIZE:+-fsanitize=$SANITIZE} -I"$root/runtime/include" \
            -Iout main.c out/*.c -L"$build" -Wl,-rpath,"$scratch" -lorm -o program && ./program "$2"
}

# database $1 -> YAML -> database, by `ormc sql` or what `by` says -> the same YAML; and neither drifts from it.
goes_round() {
    local url=$1 again
    rm -rf out
    introspect "$url" "${@:2}" >round.yaml && again=$(new 2) && "create${by:-}" round.yaml "$again" || return
    introspect "$again" "${@:2}" >again.yaml && diff <(without_comments round.yaml) <(without_comments again.yaml) || return
    ends_with 0 "$ormc" drift -w "$url" round.yaml && ends_with 0 "$ormc" drift -w "$again" round.yaml
}

# A schema of ours, made in a database, does so too, and does not drift from that.
schema_goes_round() {
    local url
    url=$(new 1) && create "$1" "$url" && ends_with 0 "$ormc" drift -w "$url" "$1" && goes_round "$url" "${@:2}"
}

golden() {
    local url
    url=$(new 1) && ask "$url" <"$here/$1.sql" && "$ormc" introspect "$url" --package "$1" --singular >"$1.yaml" || return
    [ "$update" != --update ] || cp "$1.yaml" "$here/$1.yaml"
    diff "$here/$1.yaml" "$1.yaml" && compiles "$1.yaml"
}

# --- introspection -----------------------------------------------------------------------------------------------------
postgresql_a_shop_that_somebody_wrote_becomes_yaml() { golden shop; }
sqlite_a_club_that_somebody_wrote_becomes_yaml() { golden club; }
postgresql_the_shop_goes_round() {
    local url
    url=$(new 1) && ask "$url" <"$here/shop.sql" && by=_by_program goes_round "$url" --singular && goes_round "$url" &&
        grep -q 'through: shirt_colours' round.yaml && ! grep -q '^  shirt_colours:' round.yaml
}
# SQLite keeps no types but its own: those that people declare (BOOLEAN, DATETIME) are told from its own once alone.
sqlite_the_club_goes_round_from_its_second_time_on() {
    local url second
    url=$(new 1) && ask "$url" <"$here/club.sql" && introspect "$url" --singular >first.yaml &&
        ends_with 0 "$ormc" drift -w "$url" first.yaml && second=$(new 2) && create first.yaml "$second" || return
    ends_with 0 "$ormc" drift -w "$second" first.yaml && cp 2.db 1.db &&
        by=_by_program goes_round "sqlite:///$scratch/1.db" --singular
}
both_the_blog_goes_round() { by=_by_program schema_goes_round "$root/schemas/blog/blog.yaml" --singular; }
both_chinook_goes_round() { by=_by_program schema_goes_round "$root/schemas/chinook/chinook.yaml"; }
both_all_types_go_round() { by=_by_program schema_goes_round "$root/tests/golden/types.yaml"; }
both_all_relations_go_round() { by=_by_program schema_goes_round "$root/tests/golden/relations.yaml"; }
both_what_the_server_does_goes_round() { by=_by_program schema_goes_round "$root/tests/golden/server.yaml"; }
both_views_go_round() {
    local url
    url=$(new 1) && create "$root/tests/database/views.yaml" "$url" && echo 'CREATE VIEW v_elsewhere AS SELECT id, title AS word FROM v_books' |
        ask "$url" && ends_with 0 "$ormc" drift -w "$url" "$root/tests/database/views.yaml" &&
        by=_by_program goes_round "$url"
}
postgresql_odd_names_go_round() { by=_by_program schema_goes_round "$root/tests/golden/names.yaml"; }
both_hostile_names_go_round() { schema_goes_round "$root/tests/database/hostile.yaml"; }
both_the_schemas_of_the_tests_go_round() {
    local schema
    for schema in arrays kinds named server shapes; do
        schema_goes_round "$root/tests/database/$schema.yaml" || { echo "$schema"; return 1; }
    done
}
# Seconds of the processor that the whole way takes, whatever else the machine does.
both_three_hundred_tables_go_round_in_a_minute() {
    local url taken TIMEFORMAT='%U %S'
    "$here/many.py" 300 "$database" >many.sql && is "$(grep -c '^CREATE TABLE' many.sql)" 300 && url=$(new 1) && ask "$url" <many.sql || return
    { time { goes_round "$url" --singular && compiles round.yaml; } >said 2>&1; } 2>taken || { cat said; return 1; }
    taken=$(awk '{ printf "%d", $1 + $2 }' taken)
    [ "$taken" -lt 60 ] || [ -n "${SANITIZE:-}" ] || { echo "$taken seconds"; return 1; }
}
both_a_file_can_be_written() {
    local url
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && ends_with 0 introspect "$url" -o file.yaml &&
        is "$(cat log)" "" && "$ormc" check -w file.yaml && "$ormc" format --check file.yaml
}
both_nothing_is_changed() {
    local url before
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && before=$(dump "$url") &&
        ends_with 0 "$ormc" drift -w "$url" "$root/schemas/blog/blog.yaml" && introspect "$url" >/dev/null || return
    is "$(dump "$url")" "$before"
}
dump() { if [ "$database" = sqlite ]; then sha256sum <1.db; else pg_dump -s "$1" | grep -v '^\\'; fi; }
postgresql_what_has_no_words_is_told() {
    local url
    url=$(new 1) && ask "$url" <<'END' && ends_with 0 introspect "$url" || return
CREATE SCHEMA other;
CREATE TYPE state AS ENUM ('a', 'b');
CREATE TYPE other.state AS ENUM ('empty', 'full');
CREATE TYPE answer AS ENUM ('yes', 'no', '');
CREATE TYPE "int64" AS ENUM ('yes');
CREATE TABLE nothing ();
CREATE TABLE all_of_it (id int, one state, two other.state, three answer, four "int64", UNIQUE (id) DEFERRABLE);
CREATE TABLE below (more int) INHERITS (all_of_it);
CREATE TABLE numbered (a int, b serial, PRIMARY KEY (a, b));
CREATE STATISTICS together ON id, three FROM all_of_it;
END
    says 'enum other.state, which' && says 'enum answer, which' && says 'enum int64, which' && says 'table nothing, which' &&
        says 'constraint all_of_it_id_key: UNIQUE (id) DEFERRABLE' && says 'inherits from all_of_it' && says 'column b is numbered by' && says 'CREATE STATISTICS' &&
        says '{db_type: other.state, nullable: true}' && says '{db_type: answer, nullable: true}' && says 'one:   state?' &&
        cp log told.yaml && compiles told.yaml && ends_with 0 "$ormc" drift -w --known-only "$url" told.yaml
}
sqlite_what_has_no_words_is_told() {
    local url
    url=$(new 1) && ask "$url" <<'END' && ends_with 0 introspect "$url" || return
CREATE TABLE a (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, b TEXT COLLATE NOCASE, c TEXT UNIQUE ON CONFLICT IGNORE,
    d INT GENERATED ALWAYS AS (id + 1), e REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE k (k TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX both ON a (b COLLATE RTRIM);
CREATE TRIGGER t AFTER INSERT ON k BEGIN DELETE FROM a; END;
END
    says 'ON CONFLICT REPLACE' && says 'ON CONFLICT IGNORE' && says 'b has the collation NOCASE' && says 'd is computed when' &&
        says 'INITIALLY DEFERRED' && says 'WITHOUT ROWID' && says 'CREATE INDEX both ON a' && says 'CREATE TRIGGER t' &&
        cp log told.yaml && compiles told.yaml && ends_with 0 "$ormc" drift -w "$url" told.yaml
}
postgresql_one_schema_alone_is_read() {
    local url
    url=$(new 1) && ask "$url" <"$here/shop.sql" && ends_with 0 introspect "$url" --schema stock && says 'items:' &&
        ! grep -q customers: log
}
both_the_package_is_named_after_the_database() {
    local url name=introspected_1
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && ends_with 0 "$ormc" introspect "$url" || return
    [ "$database" = postgresql ] || name=x1
    says "package: $name"
}

# --- drift -------------------------------------------------------------------------------------------------------------
# SQL that changes the blog, and what is said of it.
drifts() {
    local url
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && echo "$1" | ask "$url" &&
        ends_with 3 "$ormc" drift -w --diagnostics=gcc "$url" "$root/schemas/blog/blog.yaml" || return
    says "$2" && says '[ORM0118]' && is "$(grep -c ': error: \|^error: ' log)" "${3:-1}"
}
both_a_column_more_is_told() {
    drifts 'ALTER TABLE post ADD COLUMN extra integer' "column 'extra' of 'post': "
}
both_a_table_more_is_told() { drifts 'CREATE TABLE more (id integer)' "table 'more': there in the database, not in the schema"; }
both_a_table_less_is_told() { drifts 'DROP TABLE comment' "table 'comment': not in the database, there in the schema"; }
both_a_column_less_is_told_with_its_place() {
    drifts 'ALTER TABLE comment DROP COLUMN body' "blog.yaml:48:7: error: column 'body' of 'comment': not in the database"
}
both_an_index_less_is_told() { drifts 'DROP INDEX post_author_id_idx' "index of 'post': not in the database, post_author_id_idx"; }
both_an_index_more_is_told() {
    drifts 'CREATE INDEX slow ON post (body)' "index of 'post': slow (\"body\") in the database, not in the schema"
}
both_a_unique_index_more_is_told() {
    drifts 'CREATE UNIQUE INDEX one ON post (title)' "unique key of 'post': (title) in the database, not in the schema"
}
both_another_index_of_the_same_name_is_told() {
    drifts 'DROP INDEX post_author_id_idx; CREATE INDEX post_author_id_idx ON post (author_id DESC)' \
        "post_author_id_idx (\"author_id\" DESC) in the database, post_author_id_idx (\"author_id\") in the schema"
}
postgresql_another_type_is_told() {
    drifts 'ALTER TABLE post ALTER views TYPE bigint' \
        "type of column 'views' of 'post': bigint (nullable) in the database" 1 2>/dev/null ||
        says "type of column 'views' of 'post': bigint in the database, integer in the schema"
}
postgresql_null_is_told() {
    drifts 'ALTER TABLE post ALTER body DROP NOT NULL' "column 'body' of 'post': nullable in the database, NOT NULL in the schema"
}
postgresql_another_default_is_told() {
    drifts 'ALTER TABLE post ALTER views SET DEFAULT 7' "default of column 'views' of 'post': 7 in the database, 0 in the schema"
}
postgresql_a_default_less_is_told() {
    drifts 'ALTER TABLE post ALTER created_at DROP DEFAULT' "default of column 'created_at' of 'post': not in the database, now"
}
postgresql_another_limit_is_told() {
    drifts 'ALTER TABLE post DROP CONSTRAINT post_title_check, ADD CONSTRAINT post_title_check CHECK (char_length(title) <= 9)' \
        "max_length of column 'title' of 'post': 9 in the database, 200 in the schema"
}
postgresql_a_check_more_is_told() {
    drifts "ALTER TABLE post ADD CONSTRAINT loud CHECK (title <> '')" "check of 'post': title <> ''::text in the database, not"
}
postgresql_another_action_is_told() {
    drifts 'ALTER TABLE post DROP CONSTRAINT post_author_id_fkey, ADD FOREIGN KEY (author_id) REFERENCES authors' \
        'ON DELETE NO ACTION in the database, (author_id) to authors (id) ON DELETE CASCADE in the schema'
}
postgresql_an_action_for_another_key_is_told() {
    drifts 'ALTER TABLE post DROP CONSTRAINT post_author_id_fkey, ADD FOREIGN KEY (author_id) REFERENCES authors ON DELETE CASCADE ON UPDATE CASCADE' \
        'ON DELETE CASCADE ON UPDATE CASCADE in the database, (author_id) to authors (id) ON DELETE CASCADE in the schema'
}
postgresql_a_foreign_key_less_is_told() {
    drifts 'ALTER TABLE post DROP CONSTRAINT post_author_id_fkey' "foreign key of 'post': not in the database, (author_id)"
}
postgresql_another_primary_key_is_told() {
    drifts 'ALTER TABLE profile DROP CONSTRAINT profile_pkey, ADD PRIMARY KEY (id, url)' \
        "primary key of 'profile': (id, url) in the database, (id) in the schema"
}
postgresql_a_key_that_the_program_makes_is_told() {
    drifts 'ALTER TABLE profile ALTER id DROP IDENTITY' "value of column 'id' of 'profile': given in the database, made by"
}
postgresql_another_value_of_an_enum_is_told() {
    drifts "ALTER TYPE post_status ADD VALUE 'gone'" \
        "enum 'post_status': (draft, published, archived, gone) in the database, (draft, published, archived) in the schema"
}
postgresql_another_comment_is_told() {
    drifts "COMMENT ON COLUMN post.views IS 'Rarely.'" "comment of column 'views' of 'post': Rarely. in the database, How often"
}
postgresql_a_computed_column_that_differs_is_told() {
    local url
    url=$(new 1) && printf 'package: p\nmodels: {t: {columns: {a: int32, b: {type: int32, generated: a * 2}}}}\n' >p.yaml &&
        echo 'CREATE TABLE t (a int NOT NULL, b int NOT NULL GENERATED ALWAYS AS (a * 3) STORED)' | ask "$url" &&
        ends_with 3 "$ormc" drift -w "$url" p.yaml && says "expression of column 'b' of 't': a * 3 in the database, a * 2 in the schema"
}
sqlite_types_defaults_and_limits_are_told() {
    local url
    url=$(new 1) && cat >p.yaml <<'END'
package: p
enums: {mood: [good, bad]}
models:
  t: {columns: {id: {type: int64, primary_key: true}, a: int32, b: {type: text, default: x, max_length: 9}, c: mood, d: int32?}}
END
    echo "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL, b TEXT NOT NULL DEFAULT 'y' CHECK (length(b) <= 8),
        c TEXT NOT NULL CHECK (c IN ('good')), d INTEGER NOT NULL)" | ask "$url" && ends_with 3 "$ormc" drift -w "$url" p.yaml || return
    says "type of column 'a' of 't': TEXT in the database, INTEGER in the schema" &&
        says "default of column 'b' of 't': y in the database, x in the schema" &&
        says "max_length of column 'b' of 't': 8 in the database, 9 in the schema" &&
        says "values of column 'c' of 't': (good) in the database, (good, bad) in the schema" &&
        says "column 'd' of 't': NOT NULL in the database, nullable in the schema"
}
# The schema of the tests of views, made and changed by SQL, and what is said of it.
view_drifts() {
    local url
    url=$(new 1) && create "$root/tests/database/views.yaml" "$url" && echo "CREATE VIEW v_elsewhere AS SELECT id, title AS word FROM v_books;
        $1" | ask "$url" && ends_with "$2" "$ormc" drift -w --diagnostics=gcc "$url" "$root/tests/database/views.yaml" || return
    [ "$2" = 0 ] || { says "$3" && is "$(grep -c ': error: \|^error: ' log)" 1; }
}
both_a_view_less_is_told() {
    view_drifts 'DROP VIEW v_days' 3 "views.yaml:55:3: error: view 'v_days': not in the database, there in the schema"
}
both_a_view_more_is_told() {
    view_drifts 'CREATE VIEW more AS SELECT id FROM v_books' 3 "view 'more': there in the database, not in the schema"
}
both_another_select_of_a_view_is_told() {
    view_drifts 'DROP VIEW v_loud_numbers; CREATE VIEW v_loud_numbers AS SELECT book_id, lower(title) AS title FROM v_numbers' 3 \
        "view 'v_loud_numbers': SELECT " && says 'lower('
}
both_a_column_less_of_a_view_that_is_there_is_told() {
    view_drifts 'DROP VIEW v_elsewhere; CREATE VIEW v_elsewhere AS SELECT id, title FROM v_books' 3 \
        "views.yaml:65:53: error: column 'word' of 'v_elsewhere': not in the database"
}
both_a_table_in_the_place_of_a_view_is_told() {
    view_drifts 'DROP VIEW v_days; CREATE TABLE v_days (days integer, loans bigint)' 3 "view 'v_days': a table in the database"
}
both_a_view_that_is_there_may_be_a_table_with_more_columns() {
    view_drifts 'DROP VIEW v_elsewhere; CREATE TABLE v_elsewhere (id bigint, word text, more text)' 0
}
postgresql_a_view_that_is_there_may_be_a_materialized_one() {
    view_drifts 'DROP VIEW v_elsewhere; CREATE MATERIALIZED VIEW v_elsewhere AS SELECT id, title AS word FROM v_books' 0
}
postgresql_another_type_of_a_view_that_is_there_is_told() {
    view_drifts 'DROP VIEW v_elsewhere; CREATE VIEW v_elsewhere AS SELECT id::text, title AS word FROM v_books' 3 \
        "type of column 'id' of 'v_elsewhere': text"
}
postgresql_another_comment_of_a_view_is_told() {
    view_drifts "COMMENT ON VIEW v_numbers IS 'x'" 3 "comment of view 'v_numbers': x in the database, How often each book was lent."
    view_drifts "COMMENT ON COLUMN v_numbers.loans IS 'x'" 3 "comment of column 'loans' of 'v_numbers': x in the database, All of them."
}
postgresql_views_of_several_schemas_do_not_drift() {
    local url
    url=$(new 1) && cat >p.yaml <<'END' && create p.yaml "$url" && ends_with 0 "$ormc" drift -w "$url" p.yaml && says ''
package: p
enums: {mood: {values: [good, bad], schema: sales}}
models:
  order:
    schema: sales
    columns: {id: {type: int64, primary_key: true}, mood: mood}
  item: {columns: {id: {type: int64, primary_key: true}}}
  both:
    schema: Odd one
    view: {postgresql: "SELECT o.id, 'good'::sales.mood AS mood FROM sales.order AS sales JOIN sales.order o ON o.id = sales.id JOIN public.item i ON i.id = o.id"}
    columns: {id: int64, mood: mood}
  again:
    view: {postgresql: 'SELECT b.id FROM "Odd one".both b'}
    columns: {id: int64}
END
    echo 'CREATE OR REPLACE VIEW again AS SELECT id + 1 - 1 AS id FROM "Odd one".both' | ask "$url" &&
        ends_with 3 "$ormc" drift -w "$url" p.yaml && says "view 'again': "
}
both_other_tables_may_be_none_of_its_business() {
    local url
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && echo 'CREATE TABLE more (id integer)' | ask "$url" &&
        ends_with 0 "$ormc" drift -w --known-only "$url" "$root/schemas/blog/blog.yaml"
}
both_messages_are_json_when_asked() {
    local url
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && echo 'DROP TABLE comment' | ask "$url" &&
        ends_with 3 "$ormc" drift -w --diagnostics=json "$url" "$root/schemas/blog/blog.yaml" && says '"code":"ORM0118"'
}

# --- mistakes ----------------------------------------------------------------------------------------------------------
both_no_tables_are_told() {
    local url
    url=$(new 1) && ends_with 1 "$ormc" introspect "$url" && says 'there are no tables in this database'
}
postgresql_no_database_is_told() {
    ends_with 1 "$ormc" introspect "${server/\/ormc_test\?//nowhere?}" && says 'database "nowhere" does not exist' && says '[ORM0116]'
}
sqlite_no_database_is_told_and_none_is_made() {
    ends_with 1 "$ormc" introspect sqlite:///nowhere.db && says "'nowhere.db': No such file" && [ ! -e nowhere.db ] &&
        ends_with 1 "$ormc" drift -w sqlite:///nowhere.db "$root/schemas/blog/blog.yaml" && [ ! -e nowhere.db ]
}
sqlite_what_is_no_database_is_told() {
    echo 'This is no database, and never was one; it is a text, and a long one.' >1.db
    ends_with 1 "$ormc" introspect "sqlite:///$scratch/1.db" && says 'file is not a database'
}
postgresql_no_rights_are_told() {
    local url
    url=$(new 1) && create "$root/schemas/blog/blog.yaml" "$url" && psql -qX "$url" -c 'DROP ROLE IF EXISTS reader' \
        -c 'CREATE ROLE reader LOGIN' -c 'GRANT USAGE ON SCHEMA public TO reader' 2>/dev/null || return
    ends_with 0 introspect "${url/ormc@/reader@}" &&
        ends_with 1 "$ormc" drift -w "${url/ormc@/reader@}" "$root/schemas/blog/blog.yaml" && says 'permission denied for database'
}
both_usage_is_told() {
    ends_with 2 "$ormc" introspect && says 'no database is given' && ends_with 2 "$ormc" introspect a://b c && says "'c'" &&
        ends_with 2 "$ormc" drift "$root/schemas/blog/blog.yaml" && says 'no database is given' &&
        ends_with 2 "$ormc" drift sqlite:///a.db && says 'no schema is given' && ends_with 1 "$ormc" introspect nonsense
}

for test in $(declare -F | sed -nE 's/^declare -f ((both|postgresql|sqlite)_.*)/\1/p'); do
    [[ $test == *$only* ]] || continue
    for database in postgresql sqlite; do
        [[ $test == both_* || $test == "${database}"_* ]] || continue
        if said=$("$test" 2>&1); then
            passed=$((passed + 1))
        else
            printf '%s on %s:\n%s\n' "$test" "$database" "$said"
            failed=$((failed + 1))
        fi
    done
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
