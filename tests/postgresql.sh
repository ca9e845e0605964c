#!/usr/bin/env bash
# postgresql.sh -- runs a command beside a PostgreSQL server of its own, and takes the server away afterwards.
#
#     tests/postgresql.sh COMMAND [ARGUMENT...]
#
# The command finds the URL of an empty database in ORM_TEST_POSTGRESQL_URL, the server's programs (psql, createdb) in its
# PATH, and nothing to read. The server listens on a socket in a folder of its own, nowhere else, and trades safety for speed. Run as root
# it belongs to another user, as PostgreSQL demands. The exit status is the command's.
# SPDX-License-Identifier: MIT
set -u

fail() {
    echo "postgresql.sh: $*" >&2
    exit 1
}

# The folder of initdb and its fellows: the newest that Debian has, else wherever PATH leads.
find_server() {
    local newest
    newest=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)
    [ -n "$newest" ] || newest=$(command -v initdb) || fail "no initdb here; tests/deps.sh check installs PostgreSQL"
    dirname "$newest"
}

server_user() {
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

# Runs a command as the server's user, from a folder which that user can enter.
as_server() (
    cd "$dir" || exit 1
    if [ "$(id -u)" != 0 ]; then
        exec "$@"
    fi
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env HOME="$dir" "$@"
)

# A socket's path may have 107 bytes and stands in a URL: a long or odd TMPDIR will not do, nor one closed to the server.
make_folder() {
    local parent=${TMPDIR:-/tmp}
    [[ ${#parent} -le 60 && $parent =~ ^/[A-Za-z0-9/._-]*$ && -w $parent ]] && dir=/ as_server test -x "$parent" ||
        parent=/tmp
    dir=$(mktemp -d "$parent/ormc-postgresql.XXXXXX") || fail "cannot make a folder in $parent"
    echo $$ >"$dir/owner"
    mkdir "$dir/socket" "$dir/data"
    chmod 700 "$dir/data"
    if [ "$(id -u)" = 0 ]; then
        chown "$user" "$dir/socket" "$dir/data"
        chgrp "$(id -g "$user")" "$dir" && chmod 710 "$dir"
    fi
}

# What a run that was killed outright left behind: its server is stopped, its folder removed.
remove_stale_folders() {
    local dir owner
    for dir in "${TMPDIR:-/tmp}"/ormc-postgresql.* /tmp/ormc-postgresql.*; do
        [ -O "$dir" ] && read -r owner 2>/dev/null <"$dir/owner" && [ ! -d "/proc/$owner" ] || continue
        stop_server
    done
}

start_server() {
    local locale=C.UTF-8
    locale -a 2>/dev/null | grep -qiE '^c\.utf-?8$' || locale=C
    as_server "$bin/initdb" -D "$dir/data" -U ormc -E UTF8 --locale="$locale" --auth=trust --no-sync >"$dir/log" 2>&1 ||
        fail "initdb failed: $(tail -n 20 "$dir/log")"
    as_server tee -a "$dir/data/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$dir/socket'
unix_socket_permissions = 0700
max_connections = 100
fsync = off
synchronous_commit = off
full_page_writes = off
timezone = 'UTC'
END
    as_server "$bin/pg_ctl" -D "$dir/data" -w -t 60 -s start >>"$dir/log" 2>&1 ||
        fail "the server did not start: $(tail -n 20 "$dir/log")"
    "$bin/createdb" -h "$dir/socket" -U ormc ormc_test || fail "cannot make the database"
}

# And what the command has started beside it, in folders of the same.
stop_server() {
    local data
    for data in "$dir"/*/; do
        [ -s "$data/postmaster.pid" ] && as_server "$bin/pg_ctl" -D "$data" -m immediate -s stop >/dev/null 2>&1
    done
    rm -rf "$dir"
}

# In a process group of its own, so that a signal ends all of it before the server goes.
run_command() {
    set -m
    "$@" </dev/null &
    child=$!
    set +m
    wait "$child"
}

interrupted() {
    trap '' HUP INT TERM
    [ -n "$child" ] && kill -s TERM -- "-$child" 2>/dev/null && wait "$child" 2>/dev/null
    exit "$1"
}

[ $# -gt 0 ] || fail "usage: postgresql.sh COMMAND [ARGUMENT...]"
bin=$(find_server) || exit 1
user=$(server_user)
for name in "${!PG@}"; do
    unset "$name"                          # settings of another server
done
remove_stale_folders

dir="" child=""
trap '[ -z "$dir" ] || stop_server' EXIT
trap 'interrupted 129' HUP
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
make_folder
start_server
export ORM_TEST_POSTGRESQL_URL="postgresql://ormc@/ormc_test?host=$dir/socket"
export PATH="$bin:$PATH"
run_command "$@"
