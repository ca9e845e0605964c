#!/usr/bin/env bash
# dangling.sh -- conditions that leave their blocks, under AddressSanitizer, without and with optimisation.
#
#     tests/compile/dangling.sh BUILD
#
# SPDX-License-Identifier: MIT
build=$(realpath "$1") || exit 1
source "$(dirname "$0")/compilers.sh"
export ASAN_OPTIONS=detect_stack_use_after_return=1:detect_leaks=0
read -ra libraries <<<"$(pkg-config --libs libpq sqlite3)"

notices() { # PROGRAM: it must be ended by AddressSanitizer
    ! "$1" forbidden >/dev/null 2>"$scratch/report" && grep -q 'stack-use-after' "$scratch/report"
}

runs() { # PROGRAM
    "$1" >/dev/null
}

for compiler in gcc clang; do
    for level in -O0 -O2; do
        program=$scratch/dangling-$compiler$level
        expect "dangling.c with $compiler $level" "$compiler" "${c_flags[@]}" -Wno-dangling-pointer -Wno-unknown-warning-option \
            $level -g -fsanitize=address -fsanitize-address-use-after-scope -I"$build/schemas/blog" tests/compile/dangling.c \
            "$build/obj/schemas/blog/blog.o" "$build/liborm.a" "${libraries[@]}" -lm -pthread -o "$program"
        expect "conditions that leave their blocks, $compiler $level" runs "$program"
        expect "a condition that was not kept is noticed, $compiler $level" notices "$program"
    done
done
summary
