#!/usr/bin/env bash
# run.sh -- generates every case of this folder and compares whole files with what is expected.
#
#     tests/golden/run.sh ORMC [--update]
#
# A case is CASE.yaml, or a folder CASE.in of several YAML files that make one package; CASE/ holds the expected files.
# --update writes the expectations anew: read the diff before you commit it.
# SPDX-License-Identifier: MIT
set -u
shopt -s nullglob

ormc=$(realpath "$1") || exit 1
cd "$(dirname "$0")" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# The YAML files of a case.
inputs() {
    if [ -d "$1.in" ]; then
        printf '%s\n' "$1.in"/*.yaml
    else
        echo "$1.yaml"
    fi
}

generate() {
    local files
    mapfile -t files < <(inputs "$1")
    mkdir -p "$2" && "$ormc" generate -w "${files[@]}" -o "$2"
}

# What tells whether a file was written again, even with the same bytes.
identities() {
    stat -c '%n %i %y' "$1"/*
}

check_case() {
    generate "$1" "$scratch/$1" || return
    diff -ruN -x ".*.ormc" "$1" "$scratch/$1" || return
    local before
    before=$(identities "$scratch/$1")
    generate "$1" "$scratch/$1" || return
    [ "$before" = "$(identities "$scratch/$1")" ] || { echo "a second run wrote files that had not changed"; return 1; }
}

update_case() {
    rm -rf "${1:?}"
    generate "$1" "$1" && rm -f "$1"/.*.ormc
}

action=check_case
[ "${2:-}" != --update ] || action=update_case
for input in *.yaml *.in; do
    name=${input%.*}
    if "$action" "$name"; then
        passed=$((passed + 1))
    else
        echo "failed: $name"
        failed=$((failed + 1))
    fi
done
for folder in */; do
    name=${folder%/}
    [[ $name == *.in || -e $name.yaml || -e $name.in ]] && continue
    echo "failed: $name/ belongs to no case"
    failed=$((failed + 1))
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
