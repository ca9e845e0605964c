#!/usr/bin/env bash
# pgbouncer.sh -- runs a command behind a pgbouncer of its own, in transaction mode, and takes it away afterwards.
#
#     tests/pgbouncer.sh COMMAND [ARGUMENT...]
#
# ORM_TEST_POSTGRESQL_URL names the server behind it, by a socket; the command finds its own URL there. The pool is
# smaller than what a test opens, so that transactions of one client do run on several back ends. The exit status is the
# command's.
# SPDX-License-Identifier: MIT
set -u

fail() {
    echo "pgbouncer.sh: $*" >&2
    exit 1
}

program=$(PATH=$PATH:/usr/sbin command -v pgbouncer) || fail "no pgbouncer here; tests/deps.sh check installs it"
[ -n "${ORM_TEST_POSTGRESQL_URL:-}" ] || fail "ORM_TEST_POSTGRESQL_URL names no server"
server=${ORM_TEST_POSTGRESQL_URL#*host=}
database=${ORM_TEST_POSTGRESQL_URL%%\?*}
database=${database##*/}

dir=$(mktemp -d /tmp/ormc-pgbouncer.XXXXXX) || exit 1
trap 'kill "$child" 2>/dev/null; wait "$child" 2>/dev/null; rm -rf "$dir"' EXIT
as_server=()
if [ "$(id -u)" = 0 ]; then                     # which pgbouncer refuses to be
    user=$(stat -c %U "$server")
    chown "$user" "$dir"
    as_server=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups)
fi
cat >"$dir/pgbouncer.ini" <<END
[databases]
* = host=$server user=ormc
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $dir
auth_type = any
auth_file =
pool_mode = transaction
default_pool_size = 20
server_lifetime = 1
server_round_robin = 1
ignore_startup_parameters = extra_float_digits
END
"${as_server[@]}" "$program" -q "$dir/pgbouncer.ini" >"$dir/log" 2>&1 </dev/null &
child=$!
for _ in $(seq 100); do
    [ -S "$dir/.s.PGSQL.6432" ] && break
    kill -0 "$child" 2>/dev/null || fail "pgbouncer did not start: $(cat "$dir/log")"
    sleep 0.05
done
ORM_TEST_POSTGRESQL_URL="postgresql://ormc@/$database?host=$dir&port=6432" "$@"
