#!/usr/bin/env bash
# messages.sh -- every code is explained and provoked, and the examples of schemas/messages.md do what they promise.
#
#     tests/errors/messages.sh ORMC
#
# A code of generator/diagnostic_kinds.h has one section there. Its first example gives its code, the second no message at
# all; a case of this folder gives it, too. An example in YAML is the file example.yaml, or several where comments name
# them; one in sh is run where blog.yaml is.
# SPDX-License-Identifier: MIT
set -u
ormc=$(realpath "$1") || exit 1
cd "$(dirname "$0")/../.." || exit 1
expected=$PWD/tests/errors blog=$PWD/schemas/blog/blog.yaml
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# Block K of code C becomes C/K.yaml or C/K.sh.
awk -v out="$scratch" '
    /^## ORM[0-9]+: / { code = substr($2, 1, 7); n = 0; system("mkdir -p " out "/" code); next }
    /^```$/ && inside { inside = 0; close(file); next }
    /^```/ { inside = 1; file = out "/" code "/" ++n "." substr($0, 4); printf "" > file; next }
    inside { print > file }' schemas/messages.md

codes() {
    sed -nE 's/^ *X\(([0-9]+), [EW]_.*/\1/p' generator/diagnostic_kinds.h | while read -r number; do
        printf 'ORM%04d\n' "$number"
    done
}

# What ormc says of an example, in a new folder.
say() {
    local file=$1 folder
    folder=$(mktemp -d -p "$scratch") && cd "$folder" || return
    if [ "${file##*.}" = sh ]; then
        cp "$blog" .
        # shellcheck disable=SC2317
        ormc() { "$ormc" "$@" --diagnostics=gcc; }
        # shellcheck disable=SC1090
        source "$file" 2>&1
        return
    fi
    if grep -q '^# file: ' "$file"; then
        awk '/^# file: / { file = $3; next } { print > file }' "$file"
    elif grep -q '^#* *package:' "$file"; then
        cp "$file" example.yaml
    else
        { printf 'package: example\nmodels:\n'; sed 's/^/  /' "$file"; } >example.yaml
    fi
    "$ormc" generate --diagnostics=gcc -o out -- *.yaml 2>&1
}

bad_example_gives() {
    local said
    said=$(say "$(echo "$scratch/$1"/1.*)")
    grep -q "\[$1[],]" <<<"$said" || { echo "$said"; return 1; }
    # What follows from the mistake would hide it.
    [ "$(grep -vc ': note: ' <<<"$said")" = 1 ] || [ "$1" = ORM0004 ] || { echo "$said"; return 1; }
}

good_example_is_fine() {
    local said
    said=$(say "$(echo "$scratch/$1"/2.*)") && [ -z "$said" ] || { echo "$said"; return 1; }
}

is_explained() {
    [ "$(grep -c "^## $1: " schemas/messages.md)" = 1 ] && [ "$(find "$scratch/$1" -type f | wc -l)" = 2 ] &&
        "$ormc" explain "$1" | grep -q "^$1: "
}

is_provoked() {
    grep -lqE "\[$1[],]" "$expected"/*.expected "$expected"/inputs.sh tests/commands.sh
}

is_known() {
    codes | grep -qx "$1"
}

numbers_only_grow() {
    codes | sort -c -u
}

all_are_listed() {
    diff <(codes) <("$ormc" explain | sed 's/:.*//')
}

count() {
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: $*"
        failed=$((failed + 1))
    fi
}

count numbers_only_grow
count all_are_listed
for code in $(codes); do
    count is_explained "$code"
    count is_provoked "$code"
    count bad_example_gives "$code"
    count good_example_is_fine "$code"
done
for code in $(sed -nE 's/^## (ORM[0-9]+): .*/\1/p' schemas/messages.md); do
    count is_known "$code"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
