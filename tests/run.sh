#!/usr/bin/env bash
# run.sh -- runs suites of tests and counts their cases.
#
#     tests/run.sh BUILD SUITE...              suites: unit golden errors commands fuzz compile exports readme reference
#                                              editor scale database random faults replicas threads migrations introspect
#                                              schemas counts; and valgrind, aarch64 and streams, which `make check` leaves out
#
# BUILD is the folder that make built into. A line per program or script; what a failing one said follows its line, and
# everything is in BUILD/tests/log/. The last line is the sum. The status is 1 when a case failed, or, with CI=true, was
# skipped. What needs PostgreSQL gets a server from tests/postgresql.sh. JOBS suites run side by side (as many as there are
# processors, four at most), and after them, one by one, those that measure time.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 1
shopt -s nullglob

build=$1
shift

# One server for the whole run.
if [[ " $* " =~ \ (reference|commands|database|random|faults|threads|migrations|introspect|schemas|counts|streams|valgrind)\  ]] && [ -z "${ORM_TEST_POSTGRESQL_URL:-}" ]; then
    exec tests/postgresql.sh tests/run.sh "$build" "$@"
fi

scratch=$build/tests
log_folder=$scratch/log
limit=$([ -n "${ORM_TEST_SOAK:-}" ] && echo 3600 || echo 900) # seconds that a program may take
processors=$(nproc 2>/dev/null || echo 1)
jobs=${JOBS:-$((processors < 4 ? processors : 4))}
rm -rf "$log_folder"
mkdir -p "$log_folder"
sums=$log_folder/sums
: >"$sums"

# Tests are stricter than programs; sanitizers make them slower.
export CK_VERBOSITY=normal
export CK_TIMEOUT_MULTIPLIER=$([ -n "${SANITIZE:-}" ] && echo 20 || echo 5)
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export UBSAN_OPTIONS=print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
export TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1:second_deadlock_stack=1${TSAN_OPTIONS:+:$TSAN_OPTIONS}

# "PASSED FAILED SKIPPED SUMMARIES" of a log: Check's summaries and our scripts' last lines. A case of a Check program that
# prints "skipped: ..." did not pass, whatever Check says.
count_cases() {
    awk '
        /^[0-9]+%: Checks: / { gsub(/[^0-9 ]/, ""); f += $3 + $4; p += $2 - $3 - $4; n++; check = 1 }
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; s += $5; n++ }
        /^skipped: / { lines++ }
        END {
            if (check) { s += lines; p -= lines }
            print (p > 0 ? p : 0), f + 0, s + 0, n + 0
        }' "$1"
}

report() {
    local name=$1 log=$2 good=$3 bad=$4 absent=$5 milliseconds=$6
    echo "$good $bad $absent" >>"$sums"
    printf '%-36s %4d passed, %d failed, %d skipped %6d.%d s\n' "$name" "$good" "$bad" "$absent" \
        $((milliseconds / 1000)) $((milliseconds % 1000 / 100))
    if [ "$bad" != 0 ]; then
        sed 's/^/    /' "$log"
    elif [ "$absent" != 0 ]; then
        grep '^skipped: ' "$log" | sed 's/^/    /'
    fi
}

# run KIND NAME COMMAND...: `cases` is a program that counts its cases, `program` one that is a single case itself. A
# status that no counted failure explains (a leak at the end, a crash) is a failure more.
run() {
    local kind=$1 name=$2 log status begin good bad absent summaries
    shift 2
    log=$log_folder/${name//[\/ ]/-}.log
    begin=$(date +%s%3N)
    timeout --foreground -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    status=$?
    read -r good bad absent summaries < <(count_cases "$log")
    if [ "$kind" = program ]; then
        good=$((status == 0)) bad=$((status != 0))
    elif [ "$status" != 0 ] && [ "$bad" = 0 ] || [ "$summaries" = 0 ]; then
        bad=$((bad + 1))
    fi
    [ "$status" = 0 ] || echo "exit status $status" >>"$log"
    (
        flock 9
        report "$name" "$log" "$good" "$bad" "$absent" $(($(date +%s%3N) - begin))
    ) 9>>"$sums"
}

# A database of its own for each program.
new_sqlite() {
    rm -f "$scratch/$1.db"*
    echo "sqlite:///$scratch/$1.db"
}

new_postgresql() {
    psql -qX "$ORM_TEST_POSTGRESQL_URL" -c "CREATE DATABASE \"ormc_$1\"" >&2
    echo "${ORM_TEST_POSTGRESQL_URL/\/ormc_test\?//ormc_$1?}"
}

suite_unit() {
    local source name
    for source in tests/unit/test_*.c; do
        name=$(basename "$source" .c)
        run cases "unit/$name" "$scratch/unit/$name"
    done
}

suite_golden() {
    run cases golden tests/golden/run.sh "$build/ormc"
}

suite_errors() {
    run cases errors tests/errors/run.sh "$build/ormc"
    run cases errors/inputs tests/errors/inputs.sh "$build/ormc"
    run cases errors/messages tests/errors/messages.sh "$build/ormc"
}

# Inputs that the fuzzers of tests/fuzz have kept, without libFuzzer.
suite_fuzz() {
    local target
    for target in schema values url template; do
        run cases "fuzz/$target" "$scratch/fuzz/replay-$target" "tests/fuzz/corpus/$target"
    done
    [ -n "${SANITIZE:-}" ] || run cases fuzz/packages tests/fuzz/packages.py "$build" --count 20
}

suite_commands() {
    run cases commands tests/commands.sh "$build/ormc"
}

suite_compile() {
    run cases compile/headers tests/compile/headers.sh
    run cases compile/generated tests/compile/generated.sh "$build"
    run cases compile/wrong tests/compile/wrong.sh "$build"
    run cases compile/dangling tests/compile/dangling.sh "$build"
}

# The switch of fibers on another processor; in `make soak`, for its compiler and emulator are large.
suite_aarch64() {
    run cases compile/aarch64 tests/compile/aarch64.sh "$build"
}

suite_exports() {
    run cases exports tests/compile/exports.sh "$build"
}

suite_readme() {
    run cases readme tests/readme.sh "$build"
}

suite_reference() {
    ORM_TEST_POSTGRESQL_URL=$(new_postgresql reference) run cases reference tests/reference.sh "$build"
}

# How ormc fares as the number of models grows.
suite_scale() {
    run cases scale tests/bench/generator.py "$build" --check
}

suite_editor() {
    run cases editor tests/editor.py "$build"
}

suite_database() {
    run cases "database on sqlite" env ORM_TEST_URL="$(new_sqlite database)" "$scratch/database/database"
    run cases "database on postgresql" env ORM_TEST_URL="$(new_postgresql database)" "$scratch/database/database"
    [ -n "${SANITIZE:-}" ] || behind_pgbouncer
}

# In transaction mode, where nothing may stay at the server between two transactions.
behind_pgbouncer() {
    run cases "database behind pgbouncer" env ORM_TEST_POSTGRESQL_URL="$(new_postgresql pooled)" ORM_TEST_PREPARED=off \
        tests/pgbouncer.sh bash -c 'ORM_TEST_URL=$ORM_TEST_POSTGRESQL_URL exec "$0"' "$scratch/database/database"
}

# Streams of ten million rows, in memory that does not grow; `make check` has 200,000. What they took at most is in the log.
suite_streams() {
    local kind suite
    for kind in sqlite postgresql; do
        for suite in streaming "named each"; do
            ORM_TEST_SOAK=yes CK_RUN_SUITE=$suite CK_RUN_CASE=memory ORM_TEST_URL=$("new_$kind" "${suite/ /_}") \
                run cases "$suite on $kind, long" "$scratch/database/database"
            grep ' rows, at most ' "$log_folder/${suite/ /-}-on-$kind,-long.log" | sed 's/^/    /'
        done
    done
}

# Seeds and operations of each: the same seeds every time; ORM_TEST_SOAK: new ones, as many as a quarter of an hour has room for.
suite_random() {
    local size=(40 300)
    [ -z "${ORM_TEST_SOAK:-}" ] || size=(2000 400)
    [ -n "${ORM_TEST_SOAK:-}" ] || export ORM_TEST_SEED=${ORM_TEST_SEED:-1}
    run cases "random on sqlite" "$scratch/random/random" "$(new_sqlite random)" "${size[@]}"
    run cases "random on postgresql" "$scratch/random/random" "$(new_postgresql random)" "${size[@]}"
}

# A stride keeps the checks quick; ORM_TEST_SOAK leaves none out.
suite_faults() {
    local stride=13 kills=3 turns=8000
    [ -z "${ORM_TEST_SOAK:-}" ] || stride=1 kills=60 turns=1000000
    run cases "faults/memory on sqlite" "$scratch/faults/memory" "$(new_sqlite memory)" "$stride"
    run cases "faults/memory of fibers on sqlite" "$scratch/faults/memory_fibers" "$(new_sqlite memory_fibers)" "$stride"
    run cases "faults/growth on sqlite" "$scratch/faults/growth" "$(new_sqlite growth)" "$turns"
    run cases "faults/growth on postgresql" "$scratch/faults/growth" "$(new_postgresql growth)" "$turns"
    run cases faults/outages tests/faults/outages.sh "$scratch/faults/outages"
    run cases faults/refusals tests/faults/refusals.sh "$scratch/faults/refusals"
    run cases "faults/memory on postgresql" "$scratch/faults/memory" "$(new_postgresql memory)" "$stride"
    run cases "faults/starved on sqlite" "$scratch/faults/starved" "$(new_sqlite starved)" "$stride"
    run cases "faults/starved on postgresql" "$scratch/faults/starved" "$(new_postgresql starved)" "$stride"
    run cases "faults/memory of fibers on postgresql" "$scratch/faults/memory_fibers" "$(new_postgresql memory_fibers)" "$stride"
    run cases "faults/kill on sqlite" "$scratch/faults/kill" "$(new_sqlite kill)" $((5 * kills))
    run cases "faults/kill on postgresql" tests/postgresql.sh bash -c '"$0" "$ORM_TEST_POSTGRESQL_URL" "$1"' \
        "$scratch/faults/kill" "$kills" # a server of its own, for it is killed
    run cases "faults/cut on postgresql" "$scratch/faults/cut" "$(new_postgresql cut)" "$stride"
}

# On three servers of its own.
suite_replicas() {
    run cases replicas tests/faults/replicas.sh "$scratch/faults/replicas"
}

# 64 threads over a pool of 15, for some seconds; ORM_TEST_SOAK: a minute.
suite_threads() {
    run cases threads "$scratch/faults/threads" "$(new_postgresql threads)" $([ -n "${ORM_TEST_SOAK:-}" ] && echo 60 || echo 5)
}

suite_migrations() {
    run cases migrations/commands tests/migrations/commands.sh "$build"
    run cases migrations/pairs tests/migrations/run.sh "$build/ormc"
    run cases migrations/kill tests/migrations/kill.sh "$build/ormc" "${KILLS:-10}"
}

suite_introspect() {
    run cases introspect tests/introspect/run.sh "$build"
}

suite_schemas() {
    local main name kind url
    for main in schemas/*/main.c; do
        name=$(basename "$(dirname "$main")")
        for kind in sqlite postgresql; do
            url=$("new_$kind" "$name")
            run program "schemas/$name on $kind" "$build/schemas/$name/$name" "$url"
            [ "$name" != blog ] || run cases "schemas/server on $kind" tests/server.sh "$build" "$url"
        done
    done
}

suite_counts() {
    ORM_TEST_POSTGRESQL_URL=$(new_postgresql counts) run cases counts tests/bench/counts.sh "$build"
    ORM_TEST_POSTGRESQL_URL=$(new_postgresql fibers) run cases fibers tests/bench/fibers.sh "$build" --check
    ORM_TEST_POSTGRESQL_URL=$(new_postgresql checkout) run cases counts/checkout tests/bench/checkout.sh "$build"
}

# The unit tests, and what the session does on each database, under memcheck: any error and any block that is definitely lost fails
# the test that did it.
suite_valgrind() {
    local source name kind url leaks
    local memcheck=(env SANITIZE=memcheck CK_TIMEOUT_MULTIPLIER=100 valgrind -q --error-exitcode=99 --show-leak-kinds=definite
        --errors-for-leak-kinds=definite)
    for source in tests/unit/test_*.c; do
        name=$(basename "$source" .c)
        case $name in
        test_sqlite_values) continue ;;          # SQLite prints reals by long doubles, which memcheck shortens to 64 bits
        test_pool) leaks=--leak-check=no ;;      # it forks beside threads: what they held is lost in the child
        *) leaks=--leak-check=full ;;
        esac
        run cases "valgrind/$name" "${memcheck[@]}" "$leaks" "$scratch/unit/$name"
    done
    for kind in sqlite postgresql; do
        url=$("new_$kind" valgrind)
        for name in session flush sticky unique replace hooks rollback savepoint server many relations "one to one" "on delete" loading \
            keys "natural keys" corners trust views related streaming core refusals "bulk where" named checklist; do
            CK_RUN_SUITE=$name ORM_TEST_URL=$url run cases "valgrind/$name on $kind" "${memcheck[@]}" --leak-check=full \
                "$scratch/database/database"
        done
    done
}

# The suites that stand first among those given, in this order: what takes longest, so that nothing long is left for the end.
longest_first() {
    local name
    for name in database faults migrations random "$@"; do
        [[ " $* " = *" $name "* && " $sorted " != *" $name "* ]] && sorted+=" $name"
    done
}

# Suites side by side, each from its first program to its last.
run_together() {
    local suite running=0
    for suite in "$@"; do
        [ "$running" -lt "$jobs" ] || wait -n
        "suite_$suite" &
        running=$((running < jobs ? running + 1 : jobs))
    done
    wait
}

alone="scale threads counts" together="" last="" sorted=""
for suite in "$@"; do
    declare -F "suite_$suite" >/dev/null || { echo "run.sh: no suite '$suite'" >&2; exit 2; }
    [[ " $alone " = *" $suite "* ]] && last+=" $suite" || together+=" $suite"
done
longest_first $together
run_together $sorted
for suite in $last; do
    "suite_$suite"
done
read -r passed failed skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$sums")
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ] && { [ "${CI:-}" != true ] || [ "$skipped" = 0 ]; }
