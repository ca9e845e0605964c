#!/usr/bin/env bash
# commands.sh -- what the commands of ormc print, write, and end with.
#
#     tests/commands.sh ORMC
#
# A case is a function test_NAME that returns 0; its name is its sentence. Each works in a folder of its own.
# SPDX-License-Identifier: MIT
set -u
shopt -s nullglob

ormc=$(realpath "$1") || exit 1
cd "$(dirname "$0")/.." || exit 1
top=$PWD
scratch=$(mktemp -d) || exit 1
trap 'umount "$scratch"/full 2>/dev/null; chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
passed=0 failed=0

# expect STATUS COMMAND...: runs it; what it says is in ./out and ./err.
expect() {
    local wanted=$1 status
    shift
    "$@" >out 2>err
    status=$?
    [ "$status" = "$wanted" ] && return
    echo "status $status, not $wanted: $*"
    cat out err
    return 1
}

# holds FILE TEXT, equals FILE TEXT, empty FILE...
holds() {
    grep -qF -e "$2" "$1" || { echo "$1 lacks: $2"; cat "$1"; return 1; }
}
equals() {
    diff -u <(printf '%b' "$2") "$1"
}
empty() {
    local file
    for file; do
        [ ! -s "$file" ] || { echo "$file is not empty"; cat "$file"; return 1; }
    done
}
same() {
    [ "$1" = "$2" ] || { diff <(echo "$1") <(echo "$2"); return 1; }
}

# model NAME PACKAGE [COLUMN]: a file NAME.yaml of one model.
model() {
    mkdir -p "$(dirname "$1")"
    printf 'package: %s\nmodels:\n  %s:\n    columns:\n      id: {type: int64, primary_key: true}\n      %s\n' \
        "$2" "$(basename "$1")" "${3:-name: text}" >"$1.yaml"
}
# What tells whether a file was written again, even with the same bytes.
identities() {
    find "$@" -type f -printf '%p %i %T@\n' | sort
}
contents() {
    (cd "$1" && find . -type f ! -name '.*.ormc' -exec sha256sum {} + | sort -k 2)
}

# --- help and usage ------------------------------------------------------------------------------------------------

commands="generate check format sql introspect drift"

test_every_command_has_help_in_three_ways() {
    local command first
    for command in $commands; do
        expect 0 "$ormc" help "$command" && empty err || return
        first=$(<out)
        [[ $first == "usage: ormc $command"*"--help"*"exit status: 0 fine, 1 errors in the input, 2 "* ]] || return
        expect 0 "$ormc" "$command" --help && same "$first" "$(<out)" || return
        expect 0 "$ormc" "$command" -h && same "$first" "$(<out)" || return
    done
}

test_help_names_every_command() {
    local command
    expect 0 "$ormc" --help && empty err || return
    for command in $commands; do
        grep -q "^  $command  " out || return
    done
}

test_wrong_usage_is_status_2_and_is_said_on_stderr_alone() {
    local command
    for command in $commands; do
        expect 2 "$ormc" "$command" && empty out && holds err " is given" || return
        expect 2 "$ormc" "$command" --nonsense x.yaml && empty out && holds err "unknown option '--nonsense'" || return
        holds err "try 'ormc $command --help'" || return
    done
    expect 2 "$ormc" && empty out || return
    expect 2 "$ormc" formt && holds err "unknown command 'formt'; did you mean 'format'?" || return
    expect 2 "$ormc" sql --dialect=sqlit a.yaml && holds err "not 'sqlit'; did you mean 'sqlite'?" || return
    expect 2 "$ormc" generate a.yaml -o d --chek && holds err "option '--chek'; did you mean '--check'?" || return
    expect 2 "$ormc" sql a.yaml && holds err "--dialect"
}

test_options_may_stand_anywhere_and_in_every_form() {
    model a p
    local form
    for form in "-o d a.yaml" "-od a.yaml" "a.yaml --output d" "--output=d a.yaml" "-o d -- a.yaml"; do
        rm -rf d
        # shellcheck disable=SC2086
        expect 0 "$ormc" generate $form && [ -e d/a.h ] || return
    done
    mv a.yaml ./-a.yaml
    expect 0 "$ormc" check -- -a.yaml
}

test_standard_output_that_cannot_be_written_is_told() {
    model a p
    "$ormc" sql --dialect sqlite a.yaml >/dev/full 2>err
    [ $? = 1 ] && holds err "cannot write the standard output: No space left on device"
}

# --- check and sql -------------------------------------------------------------------------------------------------

test_check_says_what_generate_says_and_writes_nothing() {
    model good p
    model bad p "name: txt"
    mkdir empty && cd empty || return
    expect 0 "$ormc" check ../good.yaml && empty out err || return
    expect 1 "$ormc" check ../bad.yaml && empty out && holds err "bad.yaml:6:13: error: unknown type 'txt'" || return
    expect 1 "$ormc" check ../no.yaml && holds err "cannot be read" || return
    rm out err
    [ -z "$(ls -A)" ]
}

# queries NAME SQL RETURNS: a file NAME.yaml with a query that is for PostgreSQL alone.
queries() {
    cat >"$1.yaml" <<EOF
package: $1
dialects: [postgresql]
models:
  ormc_checked:
    columns: {id: {type: int64, primary_key: true}, name: text}
queries:
  q:
    sql: $2
    params: {id: int64}
    returns: {$3}
EOF
}

test_check_asks_a_database_what_it_makes_of_queries() {
    local url=${ORM_TEST_POSTGRESQL_URL:?} ask=("$ormc" check -w --diagnostics=gcc --database)
    queries good 'SELECT count(*), now(), ARRAY[:id], max(name) FROM ormc_checked' \
        'n: int64, at: timestamptz, ids: [int64], name: text?'
    "$ormc" sql --dialect postgresql -w good.yaml | psql -qX "$url" || return
    expect 0 "${ask[@]}" "$url" good.yaml && empty out err || return
    queries column 'SELECT c.nme FROM ormc_checked c WHERE id = :id' 'name: text'
    expect 1 "${ask[@]}" "$url" column.yaml && holds err "column.yaml:8:19: error: PostgreSQL refuses query 'q'" || return
    queries operator 'SELECT name FROM ormc_checked WHERE name = :id' 'name: text'
    expect 1 "${ask[@]}" "$url" operator.yaml && holds err "operator does not exist: text = bigint" || return
    queries type 'SELECT count(*) FROM ormc_checked WHERE id = :id' 'n: int32'
    expect 1 "${ask[@]}" "$url" type.yaml && holds err "type.yaml:10:15: error: 'n' of query 'q' is int8" || return
    queries array 'SELECT ARRAY[:id]' 'n: [text]'
    expect 1 "${ask[@]}" "$url" array.yaml && holds err "is _int8 in the database, and [text] here" || return
    queries join 'SELECT b.name FROM ormc_checked a LEFT JOIN ormc_checked b ON a.id = :id' 'name: text'
    expect 1 "${ask[@]}" "$url" join.yaml && holds err "may be NULL: an outer join may leave it out" || return
    psql -qX "$url" -c 'ALTER TABLE ormc_checked ALTER name DROP NOT NULL' || return
    queries drift 'SELECT name FROM ormc_checked WHERE id = :id' 'name: text'
    expect 1 "${ask[@]}" "$url" drift.yaml && holds err "may be NULL: the column may be NULL" || return
    psql -qX "$url" -c 'DROP TABLE ormc_checked'
}

test_check_keeps_what_a_database_found_and_needs_it_no_more() {
    local url=${ORM_TEST_POSTGRESQL_URL:?} check=("$ormc" check -w --diagnostics=gcc --lock a.lock)
    queries a 'SELECT count(*) AS n, max(name) FROM ormc_checked WHERE id = :id' 'n: int64, name: text?'
    expect 1 "${check[@]}" a.yaml && holds err "cannot read 'a.lock'" || return
    "$ormc" sql --dialect postgresql -w a.yaml | psql -qX "$url" || return
    expect 0 "${check[@]}" --database "$url" a.yaml && empty out err && holds a.lock "int8" || return
    psql -qX "$url" -c 'DROP TABLE ormc_checked' || return
    expect 0 "${check[@]}" a.yaml && empty out err || return
    sed -i 's/n: int64/n: int32/' a.yaml
    expect 1 "${check[@]}" a.yaml && holds err "'n' of query 'q' is int8 in the database, and int32 here" || return
    sed -i 's/max(name)/min(name)/' a.yaml
    expect 1 "${check[@]}" a.yaml && holds err "the lock has other SQL or other tables of query 'q'" || return
    sed -i 's/  q:/  p:/' a.yaml
    expect 1 "${check[@]}" a.yaml && holds err "query 'p' is not in the lock [ORM0117]" || return
    cp a.lock before
    expect 1 "${check[@]}" --database "$url" a.yaml && cmp a.lock before
}

test_check_says_that_a_database_cannot_be_asked() {
    model a p
    expect 0 "$ormc" check --database sqlite:///here.db a.yaml && empty out err || return
    expect 1 "$ormc" check --database sqlite:////no/where.db a.yaml && holds err "[ORM0116]" || return
    expect 1 "$ormc" check --database nonsense a.yaml && holds err "[ORM0116]"
}

test_drift_says_how_a_database_differs() {
    model a p
    : >here.db
    expect 3 "$ormc" drift -w sqlite:///here.db a.yaml && empty out &&
        holds err "not in the database, there in the schema [ORM0118]" || return
    expect 0 "$ormc" sql -w --dialect sqlite a.yaml && sqlite3 here.db <out && expect 0 "$ormc" drift -w a.yaml sqlite:///here.db
}

test_check_takes_several_files_for_one_package() {
    model a p
    model b q
    expect 1 "$ormc" check a.yaml b.yaml && holds err "b.yaml:1:10: error"
}

test_sql_makes_the_tables_in_sqlite_and_drops_them_again() {
    expect 0 "$ormc" sql --dialect=sqlite "$top/schemas/blog/blog.yaml" && empty err || return
    mv out create.sql
    expect 0 "$ormc" sql --dialect sqlite --drop "$top/schemas/blog/blog.yaml" || return
    sqlite3 db <create.sql && sqlite3 db <create.sql || return
    same "$(sqlite3 db "SELECT count(*) FROM sqlite_master WHERE name = 'authors'")" 1 || return
    sqlite3 db <out
    same "$(sqlite3 db "SELECT count(*) FROM sqlite_master WHERE name = 'authors'")" 0
}

test_sql_for_postgresql_has_its_types() {
    expect 0 "$ormc" sql --dialect postgresql "$top/schemas/blog/blog.yaml" || return
    holds out "CREATE TYPE" && holds out "timestamptz"
}

test_sql_of_a_bad_schema_prints_nothing() {
    model bad p "name: txt"
    expect 1 "$ormc" sql --dialect postgresql bad.yaml && empty out
}

# --- generate ------------------------------------------------------------------------------------------------------

test_a_second_run_writes_nothing() {
    model a p && model b p
    expect 0 "$ormc" generate a.yaml b.yaml -o d --depfile d/p.d && empty out err || return
    local before
    before=$(identities d)
    sleep 0.01
    expect 0 "$ormc" generate a.yaml b.yaml -o d --depfile d/p.d && same "$before" "$(identities d)"
}

test_one_edited_column_rewrites_that_pair_alone() {
    local name before changed
    for name in p b c; do model $name p; done
    expect 0 "$ormc" generate p.yaml b.yaml c.yaml -o d || return
    before=$(identities d/*.[ch])
    model b p "name: text?"
    expect 0 "$ormc" generate p.yaml b.yaml c.yaml -o d || return
    changed=$(diff <(echo "$before") <(identities d/*.[ch]) | grep '^>' | cut -d ' ' -f 2)
    same "$changed" $'d/b.c\nd/b.h'
}

test_what_was_edited_by_hand_is_written_again() {
    model a p
    expect 0 "$ormc" generate a.yaml -o d && cp d/a.c kept && echo >>d/a.c || return
    expect 0 "$ormc" generate a.yaml -o d && cmp kept d/a.c || return
    rm d/a.h
    expect 0 "$ormc" generate a.yaml -o d && [ -s d/a.h ]
}

test_a_stamp_that_is_gone_or_nonsense_does_no_harm() {
    model a p
    expect 0 "$ormc" generate a.yaml -o d || return
    local text
    for text in "" "ormc stamp 1" $'ormc stamp 1\ninput 0\npackage p' $'\n\n\n' "$(tr '\n' ' ' <d/.a.ormc)"; do
        printf '%s' "$text" >d/.a.ormc
        model a p "n$RANDOM: text"
        expect 0 "$ormc" generate a.yaml -o d && expect 0 "$ormc" generate a.yaml -o d --check || return
    done
    rm d/.a.ormc
    expect 0 "$ormc" generate a.yaml -o d && [ -e d/.a.ormc ]
}

test_a_changed_template_is_seen() {
    model a p
    mkdir t && echo '/* one */' >t/header.h.mustache
    expect 0 "$ormc" generate a.yaml -o d --templates t && equals d/a.h '/* one */\n' || return
    echo '/* two */' >t/header.h.mustache
    expect 0 "$ormc" generate a.yaml -o d --templates t && equals d/a.h '/* two */\n' || return
    expect 0 "$ormc" generate a.yaml -o d && holds d/a.h "struct p_a"
}

test_warnings_are_said_at_every_run() {
    model a p "Name: text"
    printf '      name: text\n' >>a.yaml
    sed -i 's/Name: text/Name: {type: text, c_name: upper}/' a.yaml
    expect 0 "$ormc" generate a.yaml -o d && holds err "warning: " || return
    local said
    said=$(<err)
    expect 0 "$ormc" generate a.yaml -o d && same "$said" "$(<err)"
}

test_generate_check_writes_nothing_and_shows_a_diff() {
    model a p
    expect 3 "$ormc" generate a.yaml -o d --check && [ ! -e d ] || return
    holds out "--- /dev/null" && holds out "+++ d/a.h" || return
    expect 0 "$ormc" generate a.yaml -o d && expect 0 "$ormc" generate a.yaml -o d --check && empty out err || return
    local before
    before=$(identities d)
    model a p "title: text"
    expect 3 "$ormc" generate a.yaml -o d --check && empty err || return
    same "$before" "$(identities d)" || return
    mv out a.patch
    patch -s -p0 <a.patch || return
    expect 0 "$ormc" generate a.yaml -o d --check && empty out
}

test_generate_check_of_a_bad_schema_is_status_1() {
    model a p "name: txt"
    expect 1 "$ormc" generate a.yaml -o d --check && empty out && [ ! -e d ]
}

# --- files that are left over --------------------------------------------------------------------------------------

test_leftovers_are_told_and_pruned_with_permission_only() {
    model p p && model old p && model other q
    mkdir d && echo '/* mine.c -- by hand */' >d/mine.c && echo "int x;" >d/old_own.h
    expect 0 "$ormc" generate other.yaml -o d && expect 0 "$ormc" generate p.yaml old.yaml -o d && empty err || return
    local before
    before=$(contents d)
    expect 0 "$ormc" generate p.yaml -o d || return
    local warning='warning: no schema makes this file any more; --prune removes it'
    equals err "d/old.c: $warning\nd/old.h: $warning\n" || return
    [ -e d/old.h ] || return
    expect 3 "$ormc" generate p.yaml -o d --check && empty out && holds err "d/old.c: warning: " || return
    expect 3 "$ormc" generate p.yaml -o d --check --prune && empty err && [ -e d/old.c ] || return
    holds out "--- d/old.c" && holds out "+++ /dev/null" || return
    expect 0 "$ormc" generate p.yaml -o d --prune && empty err || return
    same "$(cd d && echo *.[ch])" "mine.c old_own.h other.c other.h p.c p.h" || return
    expect 0 "$ormc" generate p.yaml -o d --check
}

test_what_we_did_not_write_is_never_pruned() {
    model p p
    expect 0 "$ormc" generate p.yaml -o d || return
    # Like ours, but renamed; of another package; without the line that says who made it; only quoting it.
    cp d/p.c d/renamed.c
    sed 's/package p:/package pp:/; s/p\.c --/a.c --/' d/p.c >d/a.c
    printf '/* b.c -- models of the package p: mine */\n' >d/b.c
    printf '/* c.c -- models of the package p: mine */\n/*\n * Generated by ormc from p.yaml */\n' >d/c.c
    mkdir d/dir.c && ln -s nowhere d/link.c
    local before
    before=$(contents d)
    expect 0 "$ormc" generate p.yaml -o d --prune && empty err && same "$before" "$(contents d)" || return
    [ -d d/dir.c ] && [ -L d/link.c ]
}

# --- the same bytes everywhere -------------------------------------------------------------------------------------

test_output_does_not_depend_on_locale_folder_or_how_files_are_named() {
    model s/p p && model s/b p && model s/ä p
    expect 0 "$ormc" generate s/p.yaml s/b.yaml s/ä.yaml -o one || return
    local wanted
    wanted=$(contents one)
    LC_ALL=C.UTF-8 expect 0 "$ormc" generate "$PWD/s/p.yaml" s/../s/b.yaml ./s/ä.yaml -o "$PWD/two" || return
    LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo expect 0 "$ormc" generate s/p.yaml s/b.yaml s/ä.yaml -o three || return
    same "$wanted" "$(contents two)" && same "$wanted" "$(contents three)" || return
    cd s || return
    expect 0 env -i "$ormc" generate p.yaml b.yaml ä.yaml -o ../four && same "$wanted" "$(contents ../four)" || return
    ! grep -rqF "$scratch" ../one
}

test_output_does_not_depend_on_the_order_of_the_files() {
    model s/p p && model a/q p && model c p
    expect 0 "$ormc" generate s/p.yaml a/q.yaml c.yaml -o one || return
    expect 0 "$ormc" generate c.yaml a/q.yaml s/p.yaml -o two || return
    same "$(contents one)" "$(contents two)" || return
    expect 0 "$ormc" sql --dialect sqlite s/p.yaml a/q.yaml c.yaml && mv out one.sql || return
    expect 0 "$ormc" sql --dialect sqlite c.yaml s/p.yaml a/q.yaml && cmp one.sql out
}

# --- dependency files ----------------------------------------------------------------------------------------------

# hostile_names: schemas and templates whose names make and ninja must not misread.
hostile_names() {
    mkdir 'my temp#lates$x' && cp "$top"/templates/*.mustache 'my temp#lates$x'
    local file
    for file in "${hostile[@]}"; do model "${file%.yaml}" p; done
}
hostile=('a b.yaml' 'c$d.yaml' 'e#f.yaml' 'g\h.yaml' 'i\ j.yaml' 'k:l.yaml' 'm%n.yaml' 'o\.yaml')
# As a shell reads them in a recipe of make or ninja.
quoted() {
    printf "'%s' " "${hostile[@]//'$'/'$$'}" --templates 'my temp#lates$$x'
}

test_make_rebuilds_when_any_input_changes_and_not_otherwise() {
    hostile_names
    cat >Makefile <<END
all: o/a\ b.h
o/a\ b.h:
	echo run >>runs
	\$(ORMC) generate $(quoted) -o o --depfile o/p.d && touch 'o/a b.h'
-include o/p.d
END
    expect 0 make -s ORMC="$ormc" && expect 0 make -s ORMC="$ormc" || return
    same "$(wc -l <runs)" 1 || return
    local input count=1
    for input in "${hostile[@]}" 'my temp#lates$x/model.h.mustache'; do
        touch -d '+1 minute' "$input"
        expect 0 make -s ORMC="$ormc" || return
        count=$((count + 1))
        same "$(wc -l <runs)" "$count" || return
        find . -type f ! -name runs -exec touch -d '-1 hour' {} + && touch -d '-1 minute' o/*
    done
    # An input that is gone does not stop make: the recipe runs, and ormc says what is wrong.
    mv 'my temp#lates$x/model.h.mustache' gone
    expect 0 make -s ORMC="$ormc" && same "$(wc -l <runs)" $((count + 1))
}

test_ninja_reads_the_dependency_file() {
    hostile_names
    cat >build.ninja <<END
rule ormc
  command = echo run >>runs; $ormc generate $(quoted) -o o --depfile o/p.d && touch 'o/a b.h'
  depfile = o/p.d
  deps = gcc
build o/a\$ b.h: ormc
END
    expect 0 ninja && expect 0 ninja && same "$(wc -l <runs)" 1 || return
    local input count=1
    for input in "${hostile[@]}" 'my temp#lates$x/model.h.mustache'; do
        sleep 0.02
        echo >>"$input"
        expect 0 ninja || return
        count=$((count + 1))
        same "$(wc -l <runs)" "$count" || return
    done
}

# --- all or nothing ------------------------------------------------------------------------------------------------

# Root may write everywhere.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

test_a_folder_that_cannot_be_written_changes_nothing() {
    model a p
    mkdir d && chmod 555 d && chmod 755 "$scratch" . || return
    expect 1 unprivileged "$ormc" generate a.yaml -o d && holds err "cannot write 'd/a.h': Permission denied" || return
    [ -z "$(ls -A d)" ]
}

test_a_full_disk_leaves_the_old_files() {
    local disk=$scratch/full reason='No space left on device' status before
    mkdir "$disk"
    mount -t tmpfs -o size=64k ormc "$disk" 2>/dev/null || reason='File too large'
    model a p
    expect 0 "$ormc" generate a.yaml -o "$disk" || return
    before=$(contents "$disk")
    for i in {1..30}; do printf '      column_%d: text\n' "$i"; done >>a.yaml
    if [ "$reason" = 'File too large' ]; then # no small disk may be mounted: small files then
        (trap '' XFSZ && ulimit -f 4 && expect 1 "$ormc" generate a.yaml -o "$disk")
    else
        dd if=/dev/zero of="$disk/filler" bs=4k 2>/dev/null
        expect 1 "$ormc" generate a.yaml -o "$disk"
    fi && rm -f "$disk/filler" && holds err "$reason" && same "$before" "$(contents "$disk")"
    status=$?
    umount "$disk" 2>/dev/null
    return $status
}

test_a_folder_in_place_of_a_file_changes_nothing() {
    model a p && model b p
    mkdir -p d/b.c
    expect 1 "$ormc" generate a.yaml b.yaml -o d && equals err "error: cannot write 'd/b.c': Is a directory [ORM0098]\n" || return
    same "$(ls -A d)" b.c || return
    rmdir d/b.c && touch file
    expect 1 "$ormc" generate a.yaml -o file/d && holds err "Not a directory" || return
    expect 1 "$ormc" generate a.yaml -o file && holds err "Not a directory"
}

test_a_folder_that_cannot_take_a_stamp_is_no_error_when_all_is_there() {
    model a p
    expect 0 "$ormc" generate a.yaml -o d && rm d/.a.ormc && chmod 555 d && chmod 755 "$scratch" . || return
    expect 0 unprivileged "$ormc" generate a.yaml -o d && empty err
}

# --- format --------------------------------------------------------------------------------------------------------

# What the schema means, in every detail that reaches the output.
meaning() {
    rm -rf meant && "$ormc" generate "$@" -o meant >/dev/null 2>&1 && contents meant
}

test_format_keeps_every_schema_of_ours_and_is_idempotent() {
    local file count=0
    for file in "$top"/schemas/*/*.yaml "$top"/tests/database/*.yaml "$top"/tests/golden/*.yaml \
        "$top"/tests/golden/*.in/*.yaml "$top"/tests/errors/*.yaml "$top"/tests/errors/*.in/*.yaml; do
        "$ormc" format - <"$file" >once 2>err
        if [ $? != 0 ]; then
            # Only what is no YAML is refused.
            empty once && ! grep -q "laid out" err || { echo "$file"; cat err; return 1; }
            continue
        fi
        expect 0 "$ormc" format - <once && cmp once out || { echo "$file: not idempotent"; return 1; }
        count=$((count + 1))
    done
    [ "$count" -gt 100 ] || { echo "only $count files"; return 1; }
}

test_formatted_schemas_generate_the_same_code() {
    local file name before
    for file in "$top"/schemas/*/*.yaml "$top"/tests/database/*.yaml "$top"/tests/golden/*.yaml; do
        name=$(basename "$file")
        cp "$file" "$name"
        before=$(meaning "$name") && [ -n "$before" ] || { echo "$name does not generate"; return 1; }
        expect 0 "$ormc" format "$name" && empty out err && same "$before" "$(meaning "$name")" || return
    done
}

test_our_schemas_are_in_the_canonical_layout() {
    expect 0 "$ormc" format --check "$top"/schemas/*/*.yaml && empty out err
}

test_format_check_names_files_and_shows_a_diff() {
    printf 'package:   p\nmodels: {}\n' >bad.yaml
    printf 'package: p\nmodels: {}\n' >good.yaml
    local before
    before=$(identities ./*.yaml)
    expect 3 "$ormc" format --check good.yaml bad.yaml && same "$before" "$(identities ./*.yaml)" || return
    equals err 'bad.yaml: is not in the canonical layout\n' || return
    equals out '\055-- bad.yaml\n+++ bad.yaml\n@@ -1,2 +1,2 @@\n-package:   p\n+package: p\n models: {}\n' || return
    expect 0 "$ormc" format bad.yaml good.yaml && expect 0 "$ormc" format --check bad.yaml good.yaml && empty out err
}

test_format_leaves_a_file_alone_that_is_no_yaml() {
    printf 'package: [p\n' >bad.yaml
    printf 'package:   p\n' >other.yaml
    expect 1 "$ormc" format bad.yaml other.yaml && empty out && holds err "bad.yaml:" || return
    equals bad.yaml 'package: [p\n' && equals other.yaml 'package: p\n' || return
    expect 1 "$ormc" format --check bad.yaml
}

test_format_leaves_a_file_alone_that_it_cannot_lay_out() {
    printf '? "%01001d"\n:   blog\n' 0 >a.yaml
    cp a.yaml kept
    expect 1 "$ormc" format a.yaml &&
        holds err 'a.yaml: error: cannot be laid out: a key is longer than 1000 bytes [ORM0107]' && cmp a.yaml kept
}

test_format_of_a_schema_with_mistakes_needs_only_yaml() {
    printf 'package:   p\nmodles: {}\n' >bad.yaml
    expect 0 "$ormc" format bad.yaml && equals bad.yaml 'package: p\nmodles: {}\n'
}

test_format_keeps_rights_and_links() {
    printf 'package:   p\n' >real.yaml
    chmod 640 real.yaml && ln -s real.yaml link.yaml
    expect 0 "$ormc" format link.yaml && [ -L link.yaml ] && equals real.yaml 'package: p\n' || return
    same "$(stat -c %a real.yaml)" 640
}

test_format_reads_standard_input() {
    expect 0 "$ormc" format - < <(printf 'package:   p\r\nmodels:\r\n    {}\r\n') || return
    equals out 'package: p\nmodels: {}\n' || return
    expect 3 "$ormc" format --check - < <(printf 'package:   p\n') && holds err "<stdin>: is not" || return
    expect 1 "$ormc" format - < <(printf 'a: [\n') && empty out && holds err "<stdin>:"
}

# --- speed and limits ----------------------------------------------------------------------------------------------

test_a_thousand_models_take_at_most_64_MB() {
    awk 'BEGIN {
        print "package: big\nmodels:"
        for (i = 0; i < 1000; i++) {
            printf "  model_%d:\n    columns:\n      id: {type: int64, primary_key: true}\n", i
            for (c = 0; c < 9; c++) printf "      column_%d: text\n", c
            printf "    relations:\n      other: {many_to_one: model_%d, column: other_id}\n", (i + 1) % 1000
            print "    indexes: [[other_id]]"
        }
    }' >big.yaml
    # A sanitizer needs more for itself.
    (([ -n "${SANITIZE:-}" ] || ulimit -d 65536) && expect 0 "$ormc" generate big.yaml -o d) || return
    (([ -n "${SANITIZE:-}" ] || ulimit -d 8192) && expect 0 "$ormc" generate big.yaml -o d)
}

run_case() {
    local name=$1 log
    mkdir "$scratch/$name"
    log=$scratch/$name.log
    if (cd "$scratch/$name" && "$name") >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: ${name#test_}"
        sed 's/^/    /' "$log"
    fi
    chmod -R u+w "$scratch/$name"
}

for name in $(declare -F | awk '$3 ~ /^test_/ {print $3}'); do
    run_case "$name"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
