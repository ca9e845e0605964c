#!/usr/bin/env bash
# readme.sh -- the README's blocks are true to the byte.
#
#     tests/readme.sh BUILD
#
# A comment before a block says what it must be: `all of: FILE`, `part of: FILE`, `output of: COMMAND`, or a schema
# (`mistakes of:`) and what ormc says of it (`are told as:`). build/ in the README stands for BUILD.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# Each block becomes block-N, its comment claim-N.
awk -v out="$scratch" '
    /^<!-- .* -->$/ { claim = $0; sub(/^<!-- /, "", claim); sub(/ -->$/, "", claim); next }
    /^```/ && !inside && claim { inside = 1; n++; print claim > (out "/claim-" n); printf "" > (out "/block-" n); next }
    /^```$/ && inside { inside = 0; claim = ""; next }
    inside { print > (out "/block-" n) }' README.md

check() { # claim, block, expectation
    if cmp -s "$2" "$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: README.md, $1"
        diff "$2" "$3" | head -20
    fi
}

for block in $(find "$scratch" -name 'block-*' | sort -V); do
    claim=$(cat "${block/block-/claim-}")
    subject=${claim#*: }
    subject=${subject/#build\//$build/}
    case $claim in
    'all of: '*) check "$claim" "$block" "$subject" ;;
    'part of: '*)
        if [[ "$(<"$subject")" == *"$(<"$block")"* ]]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "failed: README.md shows what is not in $subject"
        fi ;;
    'output of: '*) $subject >"$scratch/output" 2>&1; check "$claim" "$block" "$scratch/output" ;;
    'mistakes of:') cp "$block" "$scratch/bad.yaml" ;;
    'are told as:')
        (cd "$scratch" && "$OLDPWD/$build/ormc" generate bad.yaml -o out 2>output)
        check "$claim" "$block" "$scratch/output" ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
