#!/usr/bin/env bash
# run.sh -- lets libFuzzer look for bad input, then keeps in the corpus what reaches code that nothing else reaches.
#
#     tests/fuzz/run.sh BUILD TARGET...
#
# Each target runs for FUZZ_SECONDS, from its corpus and, for schema, from the schemas of the tests. What it found stays in
# BUILD/tests/fuzz/found/TARGET; a crash, a leak or a timeout ends the run with status 1, and the input is in
# BUILD/tests/fuzz/bad/. KEEP=yes rewrites tests/fuzz/corpus/TARGET from all of them, smallest files first.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1
shift
scratch=$build/tests/fuzz
export TMPDIR=/tmp
[ ! -d /dev/shm ] || TMPDIR=/dev/shm
mkdir -p "$scratch/bad"

limits=(-timeout=5 -rss_limit_mb=1024)
declare -A longest=([schema]=12000 [values]=1000 [url]=500 [template]=1000)     # bytes of an input

# Schemas that other tests have; those of several files in one, as the target separates them.
gather_schemas() {
    local folder file
    for file in schemas/*/*.yaml tests/database/*.yaml tests/golden/*.yaml tests/errors/*.yaml; do
        [ "$(stat -c %s "$file")" -gt 12000 ] || cp "$file" "$1/${file//\//-}"
    done
    for folder in tests/golden/*.in tests/errors/*.in; do
        awk 'FNR == 1 && NR > 1 { print "%%" } { print }' "$folder"/*.yaml >"$1/${folder//\//-}"
    done
    awk -v out="$1/reference-" '
        /^```yaml$/ { file = out (++n); printf "package: example\nmodels:\n" > file; inside = 1; next }
        /^```$/ { inside = 0 }
        inside { print "  " $0 > file }' schemas/README.md
}

fuzz() {
    local target=$1 found=$scratch/found/$1 seeds=$scratch/seeds/$1 kept=tests/fuzz/corpus/$1
    mkdir -p "$found" "$seeds" "$kept"
    [ "$target" != schema ] || gather_schemas "$seeds"
    echo "$target: ${FUZZ_SECONDS:=60} seconds"
    "$scratch/fuzz-$target" "${limits[@]}" -max_len="${longest[$target]}" -max_total_time="$FUZZ_SECONDS" -print_final_stats=1 -verbosity=0 -print_funcs=0 \
        -artifact_prefix="$scratch/bad/$target-" "$found" "$seeds" "$kept" || return
    [ "${KEEP:-no}" = no ] && return
    rm -rf "$scratch/kept"
    mkdir "$scratch/kept"
    "$scratch/fuzz-$target" "${limits[@]}" -max_len="${longest[$target]}" -use_counters=0 -merge=1 -verbosity=0 "$scratch/kept" "$kept" "$seeds" "$found" || return
    rm -rf "$kept"
    mv "$scratch/kept" "$kept"
    echo "$target: $(find "$kept" -type f | wc -l) files, $(du -sb "$kept" | cut -f1) bytes kept"
}

status=0
for target in "$@"; do
    fuzz "$target" || status=1
done
[ $status = 0 ] || echo "bad input was found: $scratch/bad/" >&2
exit $status
