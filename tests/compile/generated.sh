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

# Names that are macros of the standard headers, where these come first.
hostile=$build/schemas/hostile
for header in assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg stdio stdlib \
    string time wchar wctype arpa/inet byteswap dirent endian fcntl glob netdb netinet/in poll pthread regex semaphore \
    strings sys/param sys/select sys/socket sys/stat sys/sysmacros sys/time sys/types sys/uio sys/wait syslog termios \
    ucontext unistd; do
    printf '#include <%s.h>\n' "$header"
done >"$scratch/standard.h"
for compiler in gcc clang; do
    for standard in c11 gnu11 gnu2x; do
        expect "hostile names behind the standard headers with $compiler as $standard" "$compiler" "${c_flags[@]}" \
            -std=$standard -D_GNU_SOURCE -I"$hostile" -include "$scratch/standard.h" -fsyntax-only "$hostile/hostile.c"
    done
done
for standard in c++11 c++17 gnu++20; do
    expect "hostile names behind the standard headers as $standard" g++ "${cpp_flags[@]}" -std=$standard -I"$hostile" \
        -include "$scratch/standard.h" -fsyntax-only -x c++ "$hostile/hostile.h" -Wno-pragma-once-outside-header
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
