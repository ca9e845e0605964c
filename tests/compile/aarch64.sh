#!/usr/bin/env bash
# aarch64.sh -- the switch between fibers for aarch64: compiled by Debian's cross compiler, run by qemu; and by ucontext, here.
#
#     tests/compile/aarch64.sh BUILD
#
# Without gcc-aarch64-linux-gnu and qemu-user its cases are skipped, aloud.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1

out=$1/tests/aarch64
passed=0 failed=0 skipped=0
mkdir -p "$out"

# try NAME COMMAND...
try() {
    local name=$1
    shift
    if "$@" >"$out/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $name"
        cat "$out/log"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1"
}

compile() {
    "$@" -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Iruntime -Iruntime/include tests/compile/switch.c \
        runtime/async/fiber.c runtime/async/switch.c runtime/base/deep.c
}

try "compiled for this processor" compile "${CC:-cc}" -o "$out/here"
try "run here" "$out/here"
try "compiled with ucontext" compile "${CC:-cc}" -DORM__SWITCH_UCONTEXT -o "$out/ucontext"
try "run with ucontext" "$out/ucontext"
if command -v aarch64-linux-gnu-gcc >/dev/null; then
    try "compiled for aarch64" compile aarch64-linux-gnu-gcc -static -o "$out/aarch64"
    if command -v qemu-aarch64 >/dev/null; then
        try "run for aarch64" qemu-aarch64 "$out/aarch64"
    else
        skip "no qemu-aarch64: the switch for aarch64 was not run"
    fi
else
    skip "no aarch64-linux-gnu-gcc: the switch for aarch64 was not compiled"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
