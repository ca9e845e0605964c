# compilers.sh -- what the scripts of this folder share: counting, and asking each compiler.
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
set -u
shopt -s nullglob
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

c_flags=(-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iruntime/include)
cpp_flags=(-std=c++17 -Wall -Wextra -Werror -Iruntime/include)

# expect TEXT COMMAND...: the command must succeed and say nothing.
expect() {
    local text=$1
    shift
    if "$@" >"$scratch/said" 2>&1 && [ ! -s "$scratch/said" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $text"
        sed 's/^/    /' "$scratch/said"
    fi
}

# include_alone HEADER FLAG...: a source that includes the header, twice, and nothing else, compiles as C and as C++.
include_alone() {
    local header=$1 compiler
    shift
    printf '#include "%s"\n' "$header" "$header" >"$scratch/alone.c"
    cp "$scratch/alone.c" "$scratch/alone.cpp"
    for compiler in gcc clang; do
        expect "$header alone as C with $compiler" "$compiler" "${c_flags[@]}" "$@" -fsyntax-only "$scratch/alone.c"
    done
    for compiler in g++ clang++; do
        expect "$header alone as C++ with $compiler" "$compiler" "${cpp_flags[@]}" "$@" -fsyntax-only "$scratch/alone.cpp"
    done
}

summary() {
    echo "$passed passed, $failed failed, 0 skipped"
    [ "$failed" = 0 ]
}
