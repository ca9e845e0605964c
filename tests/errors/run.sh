#!/usr/bin/env bash
# run.sh -- gives ormc every bad schema of this folder and compares what it says, byte for byte.
#
#     tests/errors/run.sh ORMC [--update]
#
# A case is CASE.yaml, or a folder CASE.in of several YAML files that make one package; CASE.expected is what stderr
# must hold. With an error in it the exit status must be 1, and nothing may be written; with warnings alone it is 0. Options
# stand behind "# options:" in the first line. --update writes the expectations anew: read the diff before you commit it.
# SPDX-License-Identifier: MIT
set -u
shopt -s nullglob

ormc=$(realpath "$1") || exit 1
cd "$(dirname "$0")/../.." || exit 1
folder=tests/errors
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# The YAML files of a case.
inputs() {
    if [ -d "$folder/$1.in" ]; then
        printf '%s\n' "$folder/$1.in"/*.yaml
    else
        echo "$folder/$1.yaml"
    fi
}

check_case() {
    local files status options wanted=0 written=0
    mapfile -t files < <(inputs "$1")
    read -ra options < <(sed -n '1s/^# options: //p' "${files[0]}")
    "$ormc" generate "${options[@]}" "${files[@]}" -o "$scratch/out" >"$scratch/stdout" 2>"$scratch/stderr"
    status=$?
    ! grep -qE 'error:|"severity":"error"' "$scratch/stderr" || wanted=1
    [ ! -e "$scratch/out" ] || written=1
    rm -rf "$scratch/out"
    [ "$status" = "$wanted" ] || { echo "exit status $status"; return 1; }
    [ "$written" != "$wanted" ] || { echo "something was written, or nothing"; return 1; }
    [ ! -s "$scratch/stdout" ] || { echo "something stands on stdout"; return 1; }
    [ -s "$scratch/stderr" ] || [ "$1" != "${1#quiet_}" ] || { echo "nothing is said"; return 1; }
    [ "$update" = no ] || cp "$scratch/stderr" "$folder/$1.expected"
    diff -u "$folder/$1.expected" "$scratch/stderr"
}

# check_usage STATUS TEXT ARGUMENT...: what the command line answers, on stdout for status 0 and on stderr otherwise,
# begins with the text.
check_usage() {
    local wanted=$1 text=$2 status
    shift 2
    "$ormc" "$@" >"$scratch/stdout" 2>"$scratch/stderr"
    status=$?
    [ "$status" = "$wanted" ] || { echo "exit status $status"; return 1; }
    [ "$wanted" = 0 ] || mv "$scratch/stderr" "$scratch/stdout"
    [[ $(<"$scratch/stdout") == "$text"* ]] || { cat "$scratch/stdout"; return 1; }
}

count() {
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: ${*:2}"
        failed=$((failed + 1))
    fi
}

update=no
[ "${2:-}" != --update ] || update=yes
for input in "$folder"/*.yaml "$folder"/*.in; do
    count check_case "$(basename "${input%.*}")"
done
count check_usage 2 "usage: ormc COMMAND"
count check_usage 0 "usage: ormc COMMAND" --help
count check_usage 0 "usage: ormc COMMAND" help
count check_usage 0 "usage: ormc generate" help generate
count check_usage 0 "usage: ormc generate" generate --help
count check_usage 0 "ormc 0." --version
count check_usage 2 "ormc: unknown command 'genrate'; did you mean 'generate'?" genrate
count check_usage 2 "ormc: unknown command 'genrate'; did you mean 'generate'?" help genrate
count check_usage 2 "ormc: unknown option '--verson'; did you mean '--version'?" --verson
count check_usage 2 "ormc: unknown option '--templats'; did you mean '--templates'?" generate a.yaml --templats x
count check_usage 2 "ormc: a value is missing behind '-o'" generate a.yaml -o
count check_usage 2 "ormc: the value is empty of '--depfile'" generate a.yaml --depfile=
count check_usage 2 "ormc: --output DIR, the folder to write into, is missing" generate a.yaml
count check_usage 2 "ormc: no schema is given" generate -o out
count check_usage 2 "ormc: '--diagnostics' takes FORM, not 'jsn'; did you mean 'json'?" generate --diagnostics=jsn a.yaml -o out
count check_usage 2 "ormc: a value is missing behind '--diagnostics'" generate a.yaml -o out --diagnostics
count check_usage 2 "ormc: '--color' takes WHEN, not 'nver'; did you mean 'never'?" generate --color=nver a.yaml -o out
count check_usage 2 "ormc: unknown option '-Wno-txt-key'; did you mean '-Wno-text-key'?" generate -Wno-txt-key a.yaml -o out
count check_usage 2 "ormc: unknown option '-Werror=unusd'; did you mean '-Werror=unused'?" generate -Werror=unusd a.yaml -o out
count check_usage 2 "ormc: unknown option '-Wall'" generate -Wall a.yaml -o out
count check_usage 0 "usage: ormc explain" explain --help
count check_usage 0 "usage: ormc explain" help explain
count check_usage 0 "ORM0001: A file cannot be read" explain
count check_usage 0 "ORM0012: An unknown model" explain ORM0012
count check_usage 0 "ORM0012: An unknown model" explain orm12
count check_usage 0 "ORM0101: A primary key of text without a limit" explain text-key
count check_usage 0 "ORM0101: A primary key of text without a limit" explain no-text-key
count check_usage 2 "ormc: unknown code 'ORM00192'; did you mean 'ORM0012'?" explain ORM00192
count check_usage 2 "ormc: unknown code 'txt-key'; did you mean 'text-key'?" explain txt-key
count check_usage 2 "ormc: unknown code '999'" explain 999
count check_usage 1 "no/such.yaml: error: cannot be read: No such file or directory" generate -o out -- no/such.yaml
for expected in "$folder"/*.expected; do
    name=${expected%.expected}
    [[ -e $name.yaml || -e $name.in ]] && continue
    echo "failed: $expected belongs to no case"
    failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
