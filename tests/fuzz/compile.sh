#!/usr/bin/env bash
# compile.sh -- what ormc makes of the inputs that it takes compiles without a warning.
#
#     tests/fuzz/compile.sh ORMC FOLDER
#
# FOLDER holds inputs of the target schema: up to four files in one, separated by lines of %%.
# SPDX-License-Identifier: MIT
set -u
source "$(dirname "$0")/../compile/compilers.sh"
ormc=$(realpath "$1") || exit 1
folder=$(realpath "$2") || exit 1
taken=0

for input in "$folder"/*; do
    rm -rf "$scratch/case"
    mkdir "$scratch/case"
    LC_ALL=C awk -v out="$scratch/case/file_" 'BEGIN { n = 97; name = sprintf("%s%c.yaml", out, n) }
        /^%%$/ && n < 100 { name = sprintf("%s%c.yaml", out, ++n); next } { print > name }' "$input"
    (cd "$scratch/case" && "$ormc" generate -o . -- *.yaml >/dev/null 2>&1) || continue
    taken=$((taken + 1))
    expect "$(basename "$input")" gcc "${c_flags[@]}" -I"$scratch/case" -fsyntax-only "$scratch"/case/*.c
done
echo "$taken inputs taken"
summary
