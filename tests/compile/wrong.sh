#!/usr/bin/env bash
# wrong.sh -- what compilers say of programs with a mistake: held word by word in wrong.expected.
#
#     tests/compile/wrong.sh BUILD [--update]
#
# For gcc, clang and g++ three letters each, under -Wall, then -Wextra too, then -Wconversion too: E refused, w warned of,
# - nothing said, which leaves the mistake to the run time.
# SPDX-License-Identifier: MIT
build=$(realpath "$1") || exit 1
update=${2:-}
source "$(dirname "$0")/compilers.sh"
includes=(-Iruntime/include)
for schema in blog kinds arrays named views; do
    includes+=(-I"$build/schemas/$schema")
done

letter() { # COMPILER LANGUAGE FLAG...: of $place/wrong.c
    local compiler=$1 language=$2
    shift 2
    if ! "$compiler" -x "$language" "${includes[@]}" "$@" -fsyntax-only "$place/wrong.c" >"$place/said" 2>&1; then
        printf E
    elif [ -s "$place/said" ]; then
        printf w
    else
        printf -- -
    fi
}

judge() { # of $place/wrong.c
    local compiler language standard letters
    for compiler in gcc clang g++; do
        language=c standard=c11
        [ "$compiler" != g++ ] || language=c++ standard=c++20
        letters=$(letter $compiler $language -std=$standard -Wall)
        if [ "$letters" = E ]; then
            letters=EEE
        else
            letters+=$(letter $compiler $language -std=$standard -Wall -Wextra)
            letters+=$(letter $compiler $language -std=$standard -Wall -Wextra -Wconversion)
        fi
        printf ' %s' "$letters"
    done
}

judge_half() { # 0 or 1: every other program
    local half=$1 place=$scratch/half$1 line count=0
    mkdir "$place"
    while IFS= read -r line; do
        [[ $line != \#* && $line ]] || continue
        count=$((count + 1))
        [ $((count % 2)) = "$half" ] || continue
        {
            printf '#include "%s"\n' blog.h kinds.h arrays.h named.h views.h
            printf 'orm_expr program(orm_session *s, orm_connection *c, const char *name, int64_t id, const int64_t *ids);\n'
            printf 'orm_expr program(orm_session *s, orm_connection *c, const char *name, int64_t id, const int64_t *ids)\n{\n'
            printf '    orm_expr e = ORM_NO_CONDITION;\n    (void)s; (void)c; (void)name; (void)id; (void)ids;\n'
            printf '    %s\n    return e;\n}\n' "${line#*: }"
        } >"$place/wrong.c"
        printf '%-40s%s\n' "${line%%: *}" "$(judge)"
    done <tests/compile/wrong.txt
}

judge_half 0 >"$scratch/even" &
judge_half 1 >"$scratch/odd"
wait
paste -d '\n' "$scratch/odd" "$scratch/even" | sed '/^$/d' >"$scratch/judged"

if [ "$update" = --update ]; then
    cp "$scratch/judged" tests/compile/wrong.expected
fi
while IFS= read -r line; do
    expect "of a program with a mistake compilers say otherwise: $line" grep -Fxq -- "$line" tests/compile/wrong.expected
done <"$scratch/judged"
expect "as many programs as expectations" test "$(wc -l <"$scratch/judged")" = "$(wc -l <tests/compile/wrong.expected)"
summary
