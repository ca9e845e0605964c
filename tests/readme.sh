#!/usr/bin/env bash
# readme.sh -- the README's blocks are true to the byte.
#
#     tests/readme.sh BUILD
#
# A comment before a block says what it must be: `all of: FILE`, `part of: FILE`, `output of: COMMAND`, or a schema
# (`mistakes of:`) and what ormc says of it (`are told as:`), or how a project outside of this tree builds the blog with what
# `make install` installed (`built by: TOOL`). build/ in the README stands for BUILD.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

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

# The blog built by a block of the README; a second build compiles nothing, and one with a new comment in the YAML neither.
built_by() { # tool, block
    local folder=$scratch/$1 file build_it
    case $1 in
    make) file=Makefile build_it=make ;;
    cmake) file=CMakeLists.txt build_it='cmake -B b . && cmake --build b --verbose' ;;
    meson) file=meson.build build_it='{ [ -d b ] || meson setup b; } && ninja -C b -v' ;;
    esac
    mkdir "$folder" && cp schemas/blog/blog.yaml schemas/blog/main.c "$folder" && cp "$2" "$folder/$file" && cd "$folder" || return
    unset MAKEFLAGS MAKELEVEL MFLAGS
    export PATH=$scratch/usr/bin:$PATH PKG_CONFIG_PATH=$scratch/usr/lib/pkgconfig LD_LIBRARY_PATH=$scratch/usr/lib
    eval "$build_it" >log 2>&1 || return
    eval "$build_it" >log 2>&1 && ! grep -q ' -c ' log || return
    echo '# A comment.' >>blog.yaml
    eval "$build_it" >log 2>&1 && ! grep -q ' -c ' log || return
    "$(find . -name app -type f)" sqlite:// >output && grep -q 'Can it play chess?' output
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
    'built by: '*)
        if ! command -v "$subject" >/dev/null; then
            echo "skipped: $subject is not installed"
            skipped=$((skipped + 1))
            continue
        fi
        [ -d "$scratch/usr" ] || make --no-print-directory BUILD="$build" prefix="$scratch/usr" install >"$scratch/log" 2>&1
        if (built_by "$subject" "$block"); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "failed: README.md, $claim"
            tail -20 "$scratch/$subject/log"
        fi ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
