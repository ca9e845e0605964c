#!/usr/bin/env bash
# headers.sh -- every header compiles alone: public ones as C11 and C++17 with gcc and clang, our own as C11.
# SPDX-License-Identifier: MIT
source "$(dirname "$0")/compilers.sh"

for header in runtime/include/*.h runtime/include/orm/*.h; do
    flags=()
    [[ $header != *_uv.h ]] || flags=(-D_POSIX_C_SOURCE=200809L) # libuv's own wish
    include_alone "${header#runtime/include/}" "${flags[@]}"
done
read -ra library_flags <<<"$(pkg-config --cflags libpq sqlite3 yaml-0.1)"
own_flags=(-Iruntime -Igenerator "${library_flags[@]}" -D_POSIX_C_SOURCE=200809L)
for header in runtime/{base,driver,sql,engine,session,async}/*.h generator/*.h; do
    printf '#include "%s"\n' "$header" "$header" >"$scratch/own.c"
    expect "$header alone" gcc "${c_flags[@]}" "${own_flags[@]}" -I. -fsyntax-only "$scratch/own.c"
done
summary
