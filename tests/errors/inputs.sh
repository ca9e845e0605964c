#!/usr/bin/env bash
# inputs.sh -- what is no file, what is too much, and what cannot be written, in bounded time and memory.
#
#     tests/errors/inputs.sh ORMC
#
# Inputs of up to 100 MB are made on the fly. A run may take 20 seconds and 1 GiB; under a sanitizer, which takes more of
# both, memory is not bounded and large inputs are left out.
# SPDX-License-Identifier: MIT
set -u
ormc=$(realpath "$1") || exit 1
blog=$(dirname "$(realpath "$0")")/../../schemas/blog/blog.yaml
blog=$(realpath "$blog")
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
passed=0 failed=0 seconds=20
[ -z "${SANITIZE:-}" ] || seconds=120

bounded() {
    (
        [ -n "${SANITIZE:-}" ] || ulimit -v $((1 << 20))
        exec timeout "$seconds" "$@"
    )
}

# refused TEXT ARGUMENT...: the status is 1, the first message begins with the text, and there is nothing in out/.
refused() {
    local text=$1 status
    shift
    bounded "$ormc" generate --diagnostics=gcc -o out "$@" >said 2>&1
    status=$?
    [ "$status" = 1 ] && [[ $(<said) == "$text"* ]] && [ -z "$(ls -A out 2>/dev/null)" ] && return
    echo "exit status $status"
    head -c 500 said
    return 1
}

# lines COUNT TEXT: the text so often, with the number of its line for each &.
lines() {
    seq "$1" | sed "s/.*/$2/"
}

a_pipe_is_read() {
    mkfifo blog.yaml && { cat "$blog" >blog.yaml & }
    bounded "$ormc" generate blog.yaml -o piped && "$ormc" generate "$blog" -o filed && diff -r -x '.*.ormc' piped filed
}

a_large_schema_is_generated() {
    { printf 'package: big\nmodels:\n'; lines 10000 '  m&: {columns: {id: {type: int64, primary_key: true}}}'; } >big.yaml
    bounded "$ormc" generate big.yaml -o big && [ "$(grep -c '^struct big_m[0-9]* {' big/big.h)" = 10000 ]
}

# What was there stays whole. A limit on the size of files stands for a full disk.
a_full_disk_leaves_nothing_half_written() {
    mkdir -p full && echo old >full/blog.h
    (trap '' XFSZ; ulimit -f 16; "$ormc" generate "$blog" --diagnostics=gcc -o full) >said 2>&1
    [ "$?" = 1 ] && grep -q '\[ORM0098\]$' said && [ "$(ls full)" = blog.h ] && [ "$(<full/blog.h)" = old ] && return
    ls full
    cat said
    return 1
}

a_message_names_what_it_could_not_write() {
    mkdir -p taken/blog.h && refused "error: cannot write 'taken/blog.h': Is a directory [ORM0098]" "$blog" -o taken &&
        [ "$(ls taken)" = blog.h ]
}

all_errors_are_counted() {
    { printf 'package: big\nmodels:\n'; lines 100000 '  m&: {columns: {a: txt}}'; } >many.yaml
    refused "many.yaml:3:21: error: unknown type 'txt'; did you mean 'text'? [ORM0048]" many.yaml &&
        [ "$(tail -n 1 said)" = "note: 99000 messages more" ]
}

count() {
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: $*"
        failed=$((failed + 1))
    fi
}

mkdir folder
count refused "folder: error: cannot be read: Is a directory [ORM0001]" folder
count refused "none.yaml: error: cannot be read: No such file or directory [ORM0001]" none.yaml
count refused "$blog/x: error: cannot be read: Not a directory [ORM0001]" "$blog/x"
count refused "/proc/self/mem: error: cannot be read: Input/output error [ORM0001]" /proc/self/mem
if [ "$(id -u)" != 0 ]; then
    install -m 0 /dev/null secret.yaml
    count refused "secret.yaml: error: cannot be read: Permission denied [ORM0001]" secret.yaml
fi
count refused "/dev/null: error: is empty [ORM0006]" /dev/null
count refused "/dev/zero: error: is larger than 16 MiB [ORM0002]" /dev/zero
mkdir same
printf 'package: blog\nmodels: {tag: {columns: {name: text}}}\n' >same/blog.yaml
count refused "same/blog.yaml: error: 'blog.h' would be made of '$blog', too [ORM0022]" "$blog" same/blog.yaml
count a_pipe_is_read
rm -f blog.yaml
count refused "error: cannot make the folder '/proc/none': " "$blog" -o /proc/none
touch file
count refused "error: cannot write 'file/blog.h': Not a directory [ORM0098]" "$blog" -o file
count refused "error: cannot make the folder 'file/deep': Not a directory [ORM0098]" "$blog" -o file/deep
count a_message_names_what_it_could_not_write
count a_full_disk_leaves_nothing_half_written

printf 'a: %s%s\n' "$(printf '[%.0s' {1..10000})" "$(printf ']%.0s' {1..10000})" >nested.yaml
count refused "nested.yaml:1:103: error: nested more than 100 deep [ORM0010]" nested.yaml
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "%" i "sa:\n", "" }' | head -c 16000000 >steps.yaml
count refused "steps.yaml:101:101: error: nested more than 100 deep [ORM0010]" steps.yaml
printf 'a: &a [x,x]\n' >bomb.yaml
for letter in {b..z}; do
    printf '%s: &%s [*%s,*%s]\n' "$letter" "$letter" "$(tr b-z a-y <<<"$letter")" "$(tr b-z a-y <<<"$letter")"
done >>bomb.yaml
count refused "bomb.yaml:18:" bomb.yaml

if [ -z "${SANITIZE:-}" ]; then
    head -c 100000000 /dev/zero | tr '\0' '#' >large.yaml
    count refused "large.yaml: error: is larger than 16 MiB [ORM0002]" large.yaml
    rm large.yaml
    head -c 16000000 /dev/zero | tr '\0' x >long.yaml
    count refused "long.yaml:1:1: error: a schema is a mapping" long.yaml
    lines 400000 'k&: 1' >keys.yaml
    count refused "keys.yaml:1:1: error: unknown key 'k1' in a schema [ORM0017]" keys.yaml
    { printf 'a: {'; lines 600000 'a: 1,' | tr -d '\n'; echo '}'; } >twice.yaml
    count refused "twice.yaml:1:10: error: the key 'a' is given twice [ORM0011]" twice.yaml
    { printf 'package: big\nmodels:\n'; lines 100000 '  m&: {relations: {r: {many_to_one: n&}}}'; } >unknown.yaml
    count refused "unknown.yaml:3:37: error: relation 'r' refers to unknown model 'n1'; did you mean 'm1'? [ORM0012]" unknown.yaml
    { printf 'package: big\nmodels:\n  m:\n    columns: {a: text}\n    indexes:\n'; lines 300000 '      - [b&]'; } >indexes.yaml
    count refused "indexes.yaml:6:10: error: model 'm' has no column 'b1' [ORM0042]" indexes.yaml
    count all_errors_are_counted
    count a_large_schema_is_generated
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
