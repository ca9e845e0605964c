#!/usr/bin/env bash
# exports.sh -- the library exports exactly what its public headers declare, and never prints, ends the program or takes
# a signal.
#
#     tests/compile/exports.sh BUILD
#
# SPDX-License-Identifier: MIT
build=$(realpath "$1") || exit 1
source "$(dirname "$0")/compilers.sh"

banned='exit _exit _Exit quick_exit abort __assert_fail printf vprintf __printf_chk __vprintf_chk puts putchar putc fputc
fputs fwrite fprintf vfprintf __fprintf_chk __vfprintf_chk dprintf perror psignal stdout stderr signal sigaction'

# Every name the library gives to programs.
exported() {
    nm -D --defined-only "$build/liborm.so" | awk '{print $3}' | sort -u
}

# Every function and object that the public headers, all together, declare; functions that stand whole in a header not.
declared() {
    printf '#include "%s"\n' runtime/include/*.h runtime/include/orm/*.h >"$scratch/all.c"
    gcc -std=c11 -D_POSIX_C_SOURCE=200809L -Iruntime/include -I. -fsyntax-only -aux-info "$scratch/prototypes" "$scratch/all.c" &&
        grep 'runtime/include/' "$scratch/prototypes" | grep -v ' static ' | grep -oE '\borm_[a-z0-9_]+ \(' | tr -d ' (' &&
        gcc -std=c11 -D_POSIX_C_SOURCE=200809L -Iruntime/include -I. -E -P "$scratch/all.c" | tr '\n' ' ' | tr ';{}' '\n' |
            sed -nE 's/.*\bextern .*\b(orm_[a-z0-9_]+)(\[[^]]*\])? *$/\1/p'
}

# Each line is a name that does not belong.
only_in_first() {
    comm -23 <(sort -u "$1") <(sort -u "$2")
}

calls_banned() {
    nm -A -u "$build/liborm.a" 2>/dev/null | sed 's/@.*//' | awk -v banned="$banned" '
        BEGIN { count = split(banned, names); for (i = 1; i <= count; i++) bad[names[i]] = 1 }
        $NF in bad { print $0 }'
}

exported >"$scratch/exported"
declared >"$scratch/declared"
[ -s "$scratch/exported" ] && [ -s "$scratch/declared" ] || { echo "failed: no names to compare"; failed=1; }
expect "exported names begin with orm_" sed -E '/^orm_[a-z0-9]/d' "$scratch/exported"
expect "exported, yet in no public header" only_in_first "$scratch/exported" "$scratch/declared"
expect "declared, yet not exported" only_in_first "$scratch/declared" "$scratch/exported"
expect "the library prints, ends the program or takes a signal" calls_banned
summary
