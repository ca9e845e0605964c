#!/bin/sh
# embed.sh -- writes the C source that holds the template files named, and other texts, for embed.h.
#
#     generator/embed.sh templates/*.mustache schemas/messages.md > templates.c
#
# Texts become arrays of characters: C promises no string constant longer than 4095 of them. A file that cannot be read,
# or whose text or name cannot be held, is refused with status 1; the output is of no use then.
# SPDX-License-Identifier: MIT
set -eu
LC_ALL=C
export LC_ALL

refuse() {
    printf 'embed.sh: %s: %s\n' "$1" "$2" >&2
    exit 1
}

echo '/* Made by generator/embed.sh. */'
echo '#include "embed.h"'
number=0 rows='' seen=' '
for file in "$@"; do
    name=${file##*/}
    case $name in
    ?*.mustache) name=${name%.mustache} ;;
    ?*.md) ;;
    *) refuse "$file" 'the name does not end in .mustache or .md' ;;
    esac
    case $name in
    *[!A-Za-z0-9._-]*) refuse "$file" 'the name holds more than letters, digits and . _ -' ;;
    esac
    case $seen in
    *" $name "*) refuse "$file" 'there are two templates of this name' ;;
    esac
    bytes=$(od -An -v -tx1 -- "$file") || refuse "$file" 'cannot be read'
    case " $(printf '%s' "$bytes" | tr '\n' ' ') " in
    *' 00 '*) refuse "$file" 'there is a zero byte in the text' ;;
    esac
    printf '\nstatic const char text_%d[] = {\n' "$number"
    [ -z "$bytes" ] || printf '%s\n' "$bytes" | sed "s/ *\([0-9a-f][0-9a-f]\)/ '\\\\x\1',/g; s/^ /    /; s/ *\$//"
    printf "    '\\\\0'};\n"
    rows="$rows    {\"$name\", text_$number},
"
    seen="$seen$name "
    number=$((number + 1))
done
printf '\nconst ormc_embedded_template ormc_embedded_templates[] = {\n%s    {0, 0}};\n' "$rows"
