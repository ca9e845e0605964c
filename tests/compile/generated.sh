#!/usr/bin/env bash
# generated.sh -- what ormc emits compiles without a warning, alone, from C++, and beside another package.
#
#     tests/compile/generated.sh BUILD
#
# Takes the code of all schemas from BUILD/schemas, that of the golden cases from tests/golden.
# SPDX-License-Identifier: MIT
build=$(realpath "$1") || exit 1
source "$(dirname "$0")/compilers.sh"

for folder in "$build"/schemas/*/ tests/golden/*/; do
    sources=("$folder"*.c)
    [ ${#sources[@]} != 0 ] || continue
    for compiler in gcc clang; do
        expect "$folder with $compiler" "$compiler" "${c_flags[@]}" -I"$folder" -fsyntax-only "$folder"*.c
    done
    for header in "$folder"*.h; do
        include_alone "$(basename "$header")" -I"$folder"
    done
done

# Two packages in one program: all headers in one source, all objects in one link.
both=("$build"/schemas/{blog,chinook}/)
includes=("${both[@]/#/-I}")
{
    printf '#include "%s"\n' blog.h chinook.h
    printf 'int main(void) { return 0; }\n'
} >"$scratch/both.c"
cp "$scratch/both.c" "$scratch/both.cpp"
# shellcheck disable=SC2046
expect "two packages in one program" gcc "${c_flags[@]}" "${includes[@]}" "$scratch/both.c" "$build"/obj/schemas/{blog/blog,chinook/chinook}.o \
    "$build/liborm.a" $(pkg-config --libs libpq sqlite3) -lm -pthread -o "$scratch/both"
expect "two packages in one C++ source" g++ "${cpp_flags[@]}" "${includes[@]}" -fsyntax-only "$scratch/both.cpp"
summary
