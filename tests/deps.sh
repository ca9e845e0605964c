#!/usr/bin/env bash
# deps.sh -- names what this machine lacks to build or test, and installs it.
#
#     tests/deps.sh [build] [check] [format] [fuzz]
#
# Quiet when nothing is missing. DEPS=no leaves the machine alone: says what to type and fails. Knows Debian's apt-get;
# elsewhere it says what is missing and fails.
# SPDX-License-Identifier: MIT
set -u

# group | what a person calls it | package | how to see that it is there
facts() {
    cat <<'END'
build  | a C compiler              | gcc libc6-dev  | have_program "${CC:-cc}"
build  | pkg-config                | pkg-config     | have_program pkg-config
build  | libyaml                   | libyaml-dev    | have_library yaml-0.1
build  | libpq                     | libpq-dev      | have_library libpq
build  | SQLite                    | libsqlite3-dev | have_library sqlite3
check  | Check (unit tests)        | check          | have_library check
check  | valgrind                  | valgrind       | have_program valgrind
check  | libuv                     | libuv1-dev     | have_library libuv
check  | a PostgreSQL server       | postgresql     | have_postgresql
check  | pgbouncer                 | pgbouncer      | PATH=$PATH:/usr/sbin have_program pgbouncer
check  | g++                       | g++            | have_program g++
check  | ninja                     | ninja-build    | have_program ninja
check  | CMake                     | cmake          | have_program cmake
check  | Meson                     | meson          | have_program meson
check  | patch                     | patch          | have_program patch
check  | the shell of SQLite       | sqlite3        | have_program sqlite3
check  | clang                     | clang          | have_program clang && have_program clang++
check  | jsonschema for Python     | python3-jsonschema python3-yaml | /usr/bin/python3 -c 'import jsonschema, yaml' 2>/dev/null
fuzz   | clang with libFuzzer      | clang libclang-rt-dev | have_libfuzzer
format | clang-format              | clang-format   | have_program "${CLANG_FORMAT:-clang-format}"
END
}

have_program() {
    command -v "${1%% *}" >/dev/null
}

have_library() {
    pkg-config --exists "$1" 2>/dev/null
}

have_postgresql() {
    have_program initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

have_libfuzzer() {
    have_program clang && compgen -G "$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-*.a" >/dev/null
}

in_a_list() {
    printf '%s, ' "$@" | sed 's/, $/\n/'
}

missing_names=()
missing_packages=()
find_missing() {
    local group name package probe
    while IFS='|' read -r group name package probe; do
        [[ " $* " == *" ${group// /} "* ]] || continue
        eval "$probe" && continue
        read -r name <<<"$name"
        missing_names+=("$name")
        read -ra package <<<"$package"
        missing_packages+=("${package[@]}")
    done < <(facts)
}

# Whether apt-get knows the packages: its lists are empty on a fresh image.
lists_are_there() {
    apt-get --simulate --no-install-recommends install "${missing_packages[@]}" >/dev/null 2>&1
}

# The command as one types it, for messages.
command_to_type() {
    local install="apt-get install --no-install-recommends -y ${missing_packages[*]}" update=
    lists_are_there || update='apt-get update && '
    if [ "$(id -u)" = 0 ]; then
        echo "$update$install"
    elif have_program sudo; then
        echo "${update:+sudo $update}sudo $install"
    else
        echo "su -c '$update$install'"
    fi
}

apt() {
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

install_missing() {
    lists_are_there || apt update || return
    apt install --no-install-recommends -y "${missing_packages[@]}" && return
    apt update && apt install --no-install-recommends -y "${missing_packages[@]}"       # the lists were old
}

find_missing "$@"
[ ${#missing_names[@]} = 0 ] && exit 0

echo "missing: $(in_a_list "${missing_names[@]}")" >&2
if ! have_program apt-get; then
    echo "please install them: this script knows only Debian's apt-get (there: ${missing_packages[*]})" >&2
    exit 1
fi
if [ "${DEPS:-yes}" = no ] || { [ "$(id -u)" != 0 ] && ! have_program sudo; }; then
    printf 'to install, type:\n    %s\n' "$(command_to_type)" >&2
    exit 1
fi
if ! install_missing; then
    printf 'that failed; to try by hand, type:\n    %s\n' "$(command_to_type)" >&2
    exit 1
fi
missing_names=()
find_missing "$@"
if [ ${#missing_names[@]} != 0 ]; then
    echo "installed, and still not found: $(in_a_list "${missing_names[@]}")" >&2
    exit 1
fi
