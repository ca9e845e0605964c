#!/usr/bin/env bash
# coverage.sh -- the share of lines that the tests ran, per source file and in all.
#
#     tests/coverage.sh BUILD                   BUILD was compiled with --coverage, and its tests have run
#
# SPDX-License-Identifier: MIT
set -u
export LC_ALL=C                            # gcov speaks the user's language otherwise
cd "$(dirname "$0")/.." || exit 1

find "$1/obj/generator" "$1/obj/runtime" -name '*.gcda' -print0 | xargs -0 -r gcov -n 2>/dev/null | awk '
    /^File / { file = $2; gsub(/\047/, "", file); next }
    /^Lines executed:/ && file ~ /^(generator|runtime)\// {
        split($2, share, /[:%]/)
        lines[file] = $NF
        run[file] = share[2] * $NF / 100
        file = ""
    }
    END {
        for (name in lines) {
            printf "%6.1f %%  %5d lines  %s\n", 100 * run[name] / lines[name], lines[name], name | "sort -k 4"
            all += lines[name]
            reached += run[name]
        }
        close("sort -k 4")
        if (!all) { print "no file was measured"; exit 1 }
        printf "%6.1f %%  %5d lines  in all\n", 100 * reached / all, all
    }'
