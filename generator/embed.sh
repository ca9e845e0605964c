#!/bin/sh
# embed.sh -- writes the C source that holds the template files named, for embed.h.
#
#     generator/embed.sh templates/*.mustache > templates.c
#
# Texts become arrays of numbers: C promises no string constant longer than 4095 characters.
# SPDX-License-Identifier: MIT
set -eu
LC_ALL=C
export LC_ALL

echo '/* Made by generator/embed.sh from templates/. */'
echo '#include "embed.h"'
number=0
for file in "$@"; do
    printf '\nstatic const char text_%d[] = {\n' "$number"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g; s/^ */    /; s/,0x/, 0x/g; s/ *$//'
    echo '    0x00};'
    number=$((number + 1))
done
printf '\nconst ormc_embedded_template ormc_embedded_templates[] = {\n'
number=0
for file in "$@"; do
    name=${file##*/}
    printf '    {"%s", text_%d},\n' "${name%.mustache}" "$number"
    number=$((number + 1))
done
printf '    {0, 0}};\n'
