#!/usr/bin/env bash
# commands.sh -- the commands of `ormc migrate`: what they print, refuse and keep.
#
#     tests/migrations/commands.sh BUILD
#
# Each test is a function whose name is its sentence. The last line counts.
# SPDX-License-Identifier: MIT
set -u

build=$(realpath "$1") || exit 1
ormc=$build/ormc
root=$(realpath "$(dirname "$0")/../..") || exit 1
base=$root/tests/migrations/base
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0
server=${ORM_TEST_POSTGRESQL_URL:?tests/postgresql.sh gives it}
postgresql=${server/\/ormc_test\?//commands?}

new() { sed "${3:-}" "$base.yaml" >"$2.yaml" && "$ormc" migrate new "$1" "$2.yaml" "${@:4}" >log 2>&1; }
up() { "$ormc" migrate up --url "$url" "$@" >log 2>&1; }
down() { "$ormc" migrate down --url "$url" "$@" >log 2>&1; }
ask() {
    if [[ $url == sqlite* ]]; then
        sqlite3 -bail -cmd 'PRAGMA foreign_keys = ON' "${url#sqlite:///}" "$1"
    else
        psql -qXAt -v ON_ERROR_STOP=1 "$url" -c "$1"
    fi
}
is() { [ "$1" = "$2" ] || { echo "'$1' in place of '$2'"; return 1; }; }
says() { grep -qF -- "$1" log || { echo "nothing says '$1':"; cat log; return 1; }; }

start() { new initial a && up && ask "$(cat "$base.sql")"; }

# --- on both databases -----------------------------------------------------------------------------------------------
both_rows_without_a_value_stop_not_null_before_anything_changes() {
    start && new second b 's/^      email: text?/      email: text\n      extra: int32?/' || return
    ! up && says "rows of table 'author' have no value for column 'email': 1 found" && is "$(ask 'SELECT count(*) FROM author')" 2 &&
        ! ask 'SELECT extra FROM author' 2>/dev/null
}
both_a_new_required_column_is_refused_while_there_are_rows() {
    start && new second b 's/^      email: text?/&\n      need: int32/' || return
    ! up && says "rows of table 'author' have no value for column 'need': 2 found" || return
    ask 'DELETE FROM post; DELETE FROM author' && up
}
both_values_that_stand_twice_stop_a_unique_key() {
    start && ask "UPDATE post SET title = 'One'" && new second b 's/^      title: text/      title: {type: text, unique: true}/' || return
    ! up && says "values of the unique key on 'title' stand in several rows of table 'post': 1 found"
}
both_rows_that_refer_to_nothing_stop_a_foreign_key() {
    sed 's/^    relations:/#/; s/^      author: {many.*/      author_id: int64?/' "$base.yaml" >a.yaml
    "$ormc" migrate new initial a.yaml >log 2>&1 && up && ask "$(cat "$base.sql")" && ask 'UPDATE post SET author_id = 99 WHERE id = 1' &&
        new second b || return
    ! up && says "rows of table 'post' refer by 'author_id' to no row of 'author': 1 found"
}
both_rows_that_break_a_check_stop_it() {
    start && new second b 's/^      views: .*/      views: {type: int32, default: 1, min: 1}/' || return
    ! up && says "rows of table 'post' break the check 'post_views_check': 1 found"
}
both_rows_without_a_computed_value_stop_not_null() {
    start && new second b 's/^      rate: .*/&\n      twice: {type: float64, generated: "rate * 2"}/' || return
    ! up && says "rows of table 'post' have no value for column 'twice': 1 found" || return
    ask 'UPDATE post SET rate = 1 WHERE rate IS NULL' && up && is "$(ask 'SELECT count(twice) FROM post')" 3
}
both_computed_values_are_held_to_checks_and_unique_keys() {
    start && new second b 's/^      views: .*/&\n      twice: {type: int32, generated: "views * 2", min: 10}/' || return
    ! up && says "rows of table 'post' break the check 'post_twice_check': 1 found" && ask 'UPDATE post SET views = 5' && up || return
    new third c 's/^      views: .*/&\n      twice: {type: int32, generated: "views * 3", unique: true}/' --allow-destructive || return
    ! up --allow-destructive && says "values of the unique key on 'twice' stand in several rows of table 'post': 1 found" || return
    ask 'UPDATE post SET views = id + 5' && up --allow-destructive && is "$(ask 'SELECT sum(twice) FROM post')" 63
}
both_computed_values_of_renamed_columns_are_counted() {
    start && new second b 's/^      views: .*/      hits: {type: int32, default: 0, was: views}\n      twice: {type: int32, generated: "hits * 2", min: 10}/' ||
        return
    ! up && says "rows of table 'post' break the check 'post_twice_check': 1 found" && ask 'UPDATE post SET views = 6' && up || return
    is "$(ask 'SELECT sum(twice) FROM post')" 36
}
both_rows_with_a_value_stop_its_removal_from_the_enum() {
    start && new second b 's/^  mood: .*/  mood: [bad, ok]/' || return
    ! up && is "$(ask "SELECT count(*) FROM post WHERE mood = 'good'")" 1 || return
    ask "UPDATE post SET mood = 'ok'" && up
}
both_a_text_that_is_no_number_stops_a_number() {
    start && ask "UPDATE post SET code = 'x' WHERE id = 1" && new second b 's/^      code: .*/      code: {type: int32, default: 7}/' || return
    ! up && says "rows of table 'post' have in column 'code' a value that is no"
}
both_an_edited_revision_is_noticed() {
    start && echo '-- more' >>migrations/0001_initial.sql || return
    ! up && says "revision '0001_initial' was edited after the database had it"
}
both_status_and_stamp_tell_where_a_database_stands() {
    start && new second b 's/^      email: text?/&\n      extra: int32?/' || return
    "$ormc" migrate status --url "$url" >log
    is $? 3 && says missing && "$ormc" migrate stamp 0002 --url "$url" && "$ormc" migrate status --url "$url" >log &&
        ! ask 'SELECT extra FROM author' 2>/dev/null
}
both_sql_is_printed_and_nothing_is_run() {
    start && new second b 's/^      email: text?/&\n      extra: int32?/' && up --sql &&
        says 'ALTER TABLE "author" ADD COLUMN "extra"' && ! ask 'SELECT extra FROM author' 2>/dev/null
}
both_down_loses_data_only_when_it_may() {
    start && new second b 's/^      email: text?/&\n      extra: int32?/' && up || return
    ! down && says 'would lose data' && ask 'SELECT extra FROM author' >/dev/null && down --allow-destructive &&
        ! ask 'SELECT extra FROM author' 2>/dev/null
}
both_up_and_down_take_numbers_and_names() {
    start && new second b 's/^      email: text?/&\n      extra: int32?/' && new third c 's/^      email: text?/&\n      extra: int32?\n      more: int32?/' &&
        up 1 && ! ask 'SELECT more FROM author' 2>/dev/null && up 0003_third && ask 'SELECT more FROM author' >/dev/null &&
        down 0001 --allow-destructive && ! ask 'SELECT extra FROM author' 2>/dev/null
}
both_an_embedded_program_migrates_itself() {
    start && new second b 's/^      email: text?/&\n      extra: int32?/' &&
        "$ormc" migrate embed --package base -o migrations.c >log 2>&1 || { cat log; return 1; }
    cat >main.c <<'END'
#include <orm.h>
#include <stdio.h>
orm_status base_migrate(orm_engine *engine, orm_error *error);
int main(int argc, char **argv)
{
    orm_engine *engine;
    orm_error error;
    if (argc < 2 || orm_engine_open(argv[1], NULL, &engine, &error) || base_migrate(engine, &error))
        return fprintf(stderr, "%s\n", error.message), 1;
    orm_engine_close(engine);
    return 0;
}
END
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror ${SANITIZE:+-fsanitize=$SANITIZE} -I"$root/runtime/include" \
        main.c migrations.c "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm -pthread -o program >log 2>&1 || { cat log; return 1; }
    ./program "$url" && ./program "$url" && ask 'SELECT extra FROM author' >/dev/null
}

# --- on one ----------------------------------------------------------------------------------------------------------
sqlite_a_table_made_anew_keeps_triggers_views_indexes_and_child_rows() {
    start && ask 'CREATE TABLE log (text TEXT); CREATE TRIGGER told AFTER DELETE ON author BEGIN INSERT INTO log VALUES (old.name); END;
        CREATE VIEW names AS SELECT name FROM author; CREATE INDEX mine ON author (name)' &&
        new second b 's/^      name: text/      name: {type: text, max_length: 50}/' && up &&
        is "$(ask 'SELECT count(*) FROM post WHERE author_id = 1')" 2 && is "$(ask 'SELECT count(*) FROM log')" 0 &&
        is "$(ask 'SELECT group_concat(name) FROM names')" Ada,Bob && is "$(ask "SELECT count(*) FROM sqlite_schema WHERE name = 'mine'")" 1 &&
        ask 'DELETE FROM author WHERE id = 1' && is "$(ask 'SELECT text FROM log')" Ada && is "$(ask 'SELECT count(*) FROM post')" 1
}
sqlite_numbers_that_were_given_are_not_given_again() {
    start && ask 'DELETE FROM author WHERE id = 2' && new second b 's/^      name: text/      name: {type: text, max_length: 50}/' && up &&
        ask "INSERT INTO author (name) VALUES ('Eve')" && is "$(ask "SELECT id FROM author WHERE name = 'Eve'")" 3
}
postgresql_an_invalid_index_is_built_anew() {
    start && new second b 's/^      title: text/      title: {type: text, index: true}/' &&
        ask 'CREATE INDEX post_title_idx ON post (title)' &&
        ask "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'post_title_idx'::regclass" && up &&
        is "$(ask "SELECT indisvalid FROM pg_index WHERE indexrelid = 'post_title_idx'::regclass")" t
}
# What Citus offers, as far as it is called.
stand_in_for_citus() {
    ask 'CREATE TABLE pg_dist_partition (logicalrelid regclass, by_column text);
        CREATE FUNCTION create_distributed_table(regclass, text) RETURNS void LANGUAGE sql
            AS $$ INSERT INTO pg_dist_partition VALUES ($1, $2) $$;
        CREATE FUNCTION create_reference_table(regclass) RETURNS void LANGUAGE sql
            AS $$ INSERT INTO pg_dist_partition VALUES ($1, chr(42)) $$;
        CREATE FUNCTION undistribute_table(regclass) RETURNS void LANGUAGE sql
            AS $$ DELETE FROM pg_dist_partition WHERE logicalrelid = $1 $$;'
}
distributed() { ask 'SELECT logicalrelid, by_column FROM pg_dist_partition ORDER BY 1::text' | tr '\n' ' '; }
postgresql_tables_are_distributed_where_the_server_can() {
    local all='country|* customer|tenant_id sales.purchase|tenant_id '
    stand_in_for_citus || return
    for _ in 1 2; do
        "$ormc" sql -w --dialect postgresql "$root/tests/golden/distributed.yaml" >sql && ask "$(cat sql)" 2>/dev/null || return
        is "$(distributed)" "$all" || return
    done
    is "$(ask "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text ~ 'customer|purchase'")" 2
}
postgresql_migrations_distribute_tables_and_follow_a_change() {
    local schema='package: p
models: {m: {distribute_by: KEY, primary_key: [a, b], columns: {COLUMN: int64, b: int64}}}'
    stand_in_for_citus || return
    sed 's/KEY/a/; s/COLUMN/a/' <<<"$schema" >a.yaml && "$ormc" migrate new initial a.yaml >log 2>&1 && up && is "$(distributed)" 'm|a ' || return
    sed 's/KEY/b/; s/COLUMN/a/' <<<"$schema" >a.yaml && "$ormc" migrate new other a.yaml >log 2>&1 && up && is "$(distributed)" 'm|b ' || return
    sed "s/KEY/'*'/; s/COLUMN/a/" <<<"$schema" >a.yaml && "$ormc" migrate new all a.yaml >log 2>&1 && up && is "$(distributed)" 'm|* ' || return
    down && is "$(distributed)" 'm|b ' && down && is "$(distributed)" 'm|a ' || return
    sed 's/distribute_by: KEY, //; s/COLUMN/a/' <<<"$schema" >a.yaml && "$ormc" migrate new none a.yaml >log 2>&1 && up && is "$(distributed)" ''
}
postgresql_a_server_that_does_not_distribute_is_left_alone() {
    "$ormc" migrate new initial "$root/tests/golden/distributed.yaml" >log 2>&1 && up && is "$(ask 'SELECT count(*) FROM country')" 0
}
sqlite_a_likely_rename_is_asked_about() {
    start && ! new second b 's/^      body: text?/      content: text?/' && says "write 'was: body' in its column" &&
        is "$(ls migrations | wc -l)" 2
}
sqlite_check_ends_with_3_when_something_changed() {
    start && "$ormc" migrate check a.yaml && sed 's/^      email: text?/&\n      extra: int32?/' "$base.yaml" >b.yaml || return
    "$ormc" migrate check b.yaml >log
    is $? 3 && says 'add column "extra"'
}
sqlite_nothing_changed_writes_nothing() {
    start && new again a && says 'nothing changed' && is "$(ls migrations | wc -l)" 2
}
sqlite_the_text_of_a_revision_is_the_expected_one() {
    new initial a && new second b 's/^      title: text/      heading: {type: text, was: title, unique: true}/' &&
        sed 's/^--@ parent .*/--@ parent .../' migrations/0002_second.sql | diff "$base.expected" -
}
sqlite_an_edited_parent_is_noticed() {
    start && new second b 's/^      email: text?/&\n      extra: int32?/' && echo '-- more' >>migrations/0001_initial.sql || return
    ! "$ormc" migrate verify >log 2>&1 && says "'0002_second' follows a revision that is not here"
}
sqlite_two_branches_are_told_and_one_is_put_on_the_other() {
    new initial a && cp -r migrations other || return
    new left b 's/^      email: text?/&\n      extra: int32?/' &&
        sed 's/^      title: text/&\n      more: int32?/' "$base.yaml" >c.yaml && "$ormc" migrate new right c.yaml -d other >log 2>&1 &&
        cp other/0002_right.* migrations || return
    ! "$ormc" migrate verify >log 2>&1 && says 'ormc migrate rebase 0002_right -d migrations' || return
    sed 's/^      email: text?/&\n      extra: int32?/; s/^      title: text/&\n      more: int32?/' "$base.yaml" >d.yaml
    "$ormc" migrate rebase 0002_right d.yaml >log 2>&1 && "$ormc" migrate check d.yaml && up && ask 'SELECT extra FROM author; SELECT more FROM post' &&
        is "$(ls migrations | grep -c sql)" 3
}

test_once() {
    local output
    rm -rf "$scratch/work" && mkdir "$scratch/work" && cd "$scratch/work" || exit 1
    if [[ $url == postgresql* ]]; then
        psql -qX "$url" -c 'DROP SCHEMA public CASCADE' -c 'CREATE SCHEMA public' -c 'DROP SCHEMA IF EXISTS sales CASCADE' 2>/dev/null
    fi
    if output=$("$1" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "${1//_/ } (${url%%:*}): $output"
    fi
}

psql -qX "$server" -c 'CREATE DATABASE commands'
for name in $(declare -F | awk '{ print $3 }' | grep -E '^(both|sqlite|postgresql)_'); do
    [[ $name == postgresql_* ]] || { url=sqlite:///work.db; test_once "$name"; }
    [[ $name == sqlite_* ]] || { url=$postgresql; test_once "$name"; }
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
