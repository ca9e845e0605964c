#!/usr/bin/env bash
# kill.sh -- kills `ormc migrate up` and `down` at random moments, then runs them to their end: the schema that was wanted, and
# no row lost.
#
#     tests/migrations/kill.sh ORMC [TIMES]       10 times on each database and each way, unless said otherwise
#
# The last line counts.
# SPDX-License-Identifier: MIT
set -u

ormc=$(realpath "$1") || exit 1
times=${2:-10}
cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 interrupted=0
server=${ORM_TEST_POSTGRESQL_URL:?tests/postgresql.sh gives it}
rows=3000

view='$ s/$/\n  titles:\n    view: SELECT id, title, views FROM post\n    columns: {id: int64, title: text, views: int32}/'
change='s/^      title: text/      heading: {type: text, was: title, max_length: 50, index: true}/
s/^      views: .*/      views: {type: int64, default: 1, min: 0, index: true}/
s/^      email: text?/      email: {type: text?, unique: true}/
s/^  mood: .*/  mood: [bad, ok, {value: fine, was: good}, great]/
s/id, title, views FROM/id, heading AS title, views FROM/; s/views: int32}/views: int64}/'

sed "$view" base.yaml >"$scratch/old.yaml" && "$ormc" migrate new initial -d "$scratch/migrations" "$scratch/old.yaml" >"$scratch/log" &&
    sed "$change" "$scratch/old.yaml" >"$scratch/new.yaml" &&
    "$ormc" migrate new change -d "$scratch/migrations" "$scratch/new.yaml" >>"$scratch/log" || { cat "$scratch/log"; exit 1; }

fill='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < '$rows')
    INSERT INTO author (name, email) SELECT '"'n'"', CAST(i AS text) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < '$rows')
    INSERT INTO post (title, author_id, views) SELECT '"'t'"', i, i FROM n;'

ask_postgresql() { psql -qXAt -v ON_ERROR_STOP=1 "$1" 2>&1; }
ask_sqlite() { sqlite3 -bail -cmd '.timeout 5000' "${1#sqlite:///}" 2>&1; }
new_postgresql() {
    psql -qX "$server" -c 'DROP DATABASE IF EXISTS killed WITH (FORCE)' -c 'CREATE DATABASE killed TEMPLATE kill_template' 2>/dev/null
    echo "${server/\/ormc_test\?//killed?}"
}
new_sqlite() { rm -f "$scratch/killed.db"*; cp "$scratch/template.db" "$scratch/killed.db"; echo "sqlite:///$scratch/killed.db"; }

# Goes the way to its end, from wherever the database stands.
migrate() {
    if [ "$way" = up ]; then
        "$ormc" migrate up -d "$scratch/migrations" --url "$1"
    else
        "$ormc" migrate down 0001_initial --allow-destructive -d "$scratch/migrations" --url "$1"
    fi
}

make_template() {
    "$ormc" migrate up 1 -d "$scratch/migrations" --url "$2" >"$scratch/log" 2>&1 && echo "$fill" | "ask_$1" "$2" ||
        { cat "$scratch/log"; exit 1; }
}
psql -qX "$server" -c 'CREATE DATABASE kill_template'
postgresql_template=${server/\/ormc_test\?//kill_template?}
sqlite_template=sqlite:///$scratch/template.db
make_template postgresql "$postgresql_template"
make_template sqlite "$sqlite_template"

dump_postgresql() { pg_dump -s --no-owner "$1" | grep -vE '^(--|\\|$)'; }
dump_sqlite() { echo "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY 1, 2;" | ask_sqlite "$1"; }

# How long an undisturbed run takes, in microseconds. It leaves the schema that all others must leave.
measure() {
    local url begin
    url=$("new_$dialect")
    begin=$(date +%s%6N)
    migrate "$url" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    echo $(($(date +%s%6N) - begin))
    "dump_$dialect" "$url" >"$scratch/wanted"
}

kill_once() {
    local url answer title=title wanted="$rows|$rows|$((rows * (rows + 1) / 2))|$rows"
    [ "$way" = down ] || title=heading
    url=$("new_$dialect")
    migrate "$url" >"$scratch/first" 2>&1 &
    local child=$!
    sleep "$(awk -v d="$duration" -v r="$RANDOM" 'BEGIN { printf "%.4f", d / 1e6 * r / 32768 }')"
    kill -9 "$child" 2>/dev/null && interrupted=$((interrupted + 1))
    wait "$child" 2>/dev/null
    migrate "$url" >"$scratch/log" 2>&1 || { echo "$dialect: $way after the kill: $(cat "$scratch/log")"; return 1; }
    answer=$(echo "SELECT (SELECT count(*) FROM author), count($title), (SELECT sum(views) FROM titles), count(author_id)
        FROM post;" | "ask_$dialect" "$url")
    [ "$answer" = "$wanted" ] || { echo "$dialect, $way: $answer in place of $wanted"; return 1; }
    "dump_$dialect" "$url" >"$scratch/schema"
    diff "$scratch/wanted" "$scratch/schema" || { echo "$dialect, $way: another schema"; return 1; }
    "$ormc" migrate status -d "$scratch/migrations" --url "$url" >"$scratch/log"
    [ $? = "$([ "$way" = up ] && echo 0 || echo 3)" ] || { cat "$scratch/log"; return 1; }
    [ "$dialect" = sqlite ] && return
    [ "$(echo 'SELECT count(*) FROM pg_index WHERE NOT indisvalid' | ask_postgresql "$url")" = 0 ] ||
        { echo "an index was left invalid"; return 1; }
}

# Two at the same time: one works, one waits, both end well.
race_once() {
    local url first second
    url=$("new_$dialect")
    migrate "$url" >"$scratch/first" 2>&1 &
    first=$!
    migrate "$url" >"$scratch/second" 2>&1 &
    second=$!
    wait "$first" && wait "$second" || { echo "$dialect: two $way at once: $(cat "$scratch/first" "$scratch/second")"; return 1; }
    [ "$(cat "$scratch/first" "$scratch/second" | sort | uniq -d | wc -l)" = 0 ] || { echo "$dialect: a step ran twice"; return 1; }
}

count() {
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

# Down begins where up has ended: those templates go up first.
go_up() {
    local url="${dialect}_template"
    way=up migrate "${!url}" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
}

for dialect in postgresql sqlite; do
    for way in up down; do
        [ "$way" = up ] || go_up
        for ((i = 0; i < 3; i++)); do
            count race_once
        done
        duration=$(measure)
        for ((i = 0; i < times; i++)); do
            count kill_once
        done
    done
done 2>"$scratch/noise"
echo "$interrupted of $((4 * times)) runs were killed before their end"
psql -qX "$server" -c 'DROP DATABASE IF EXISTS killed WITH (FORCE)' -c 'DROP DATABASE kill_template'
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
