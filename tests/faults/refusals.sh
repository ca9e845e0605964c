#!/usr/bin/env bash
# refusals.sh -- runs the program refusals on a server of its own that refuses this and that.
#
#     tests/faults/refusals.sh PROGRAM
#     tests/faults/refusals.sh control FOLDER shut|start|tls on|off|sql TEXT
#
# Roles: `secret` and `old` need a password (scram, md5), `sealed` needs TLS, `open` must not use it, `few` is one of many. The
# tablespace `small` has little room: tests/faults/preload/full_disk.c sees to that.
# SPDX-License-Identifier: MIT
set -u

# As the user to whom the server's folder belongs.
as_owner() (
    [ "$(id -u)" = 0 ] || exec "$@"
    user=$(stat -c %U "$folder/data")
    cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env HOME=/ "$@"
)

server() {
    as_owner env LD_PRELOAD="$folder/full_disk.so" ORM_TEST_FULL_DISK="$folder/small/" "$(command -v pg_ctl)" -D "$folder/data" -s "$@" >/dev/null
}

ask() {
    psql -qtAX -h "$folder/socket" -p "$(cat "$folder/port")" -U ormc postgres -c "$1"
}

control() {
    folder=$1
    case $2 in
    shut) server -W -m smart stop ;;
    start)
        while [ -e "$folder/data/postmaster.pid" ]; do sleep 0.05; done
        server -w start ;;
    tls) ask "ALTER SYSTEM SET ssl = $3" && server reload && sleep 0.3 ;;
    sql) ask "$3" >/dev/null ;;
    esac
}

configure() {
    local data=$folder/data
    echo $((20000 + RANDOM % 10000)) >"$folder/port"
    openssl req -new -x509 -days 2 -nodes -subj /CN=elsewhere.example.org -out "$folder/certificate" -keyout "$folder/key" \
        2>/dev/null || return 1
    as_owner tee "$data/server.crt" <"$folder/certificate" >/dev/null
    as_owner tee "$data/server.key" <"$folder/key" >/dev/null
    as_owner chmod 600 "$data/server.key"
    as_owner tee -a "$data/postgresql.conf" >/dev/null <<END
listen_addresses = '127.0.0.1'
port = $(cat "$folder/port")
ssl = on
max_connections = 8
superuser_reserved_connections = 3
max_wal_senders = 0
END
    as_owner tee "$data/pg_hba.conf" >/dev/null <<END
local all ormc,few trust
local all secret scram-sha-256
local all old md5
hostssl all sealed 127.0.0.1/32 trust
hostnossl all open 127.0.0.1/32 trust
END
    psql -qX "$ORM_TEST_POSTGRESQL_URL" <<END || return 1
SET password_encryption = 'scram-sha-256';
CREATE ROLE secret LOGIN PASSWORD 'sesame';
SET password_encryption = 'md5';
CREATE ROLE old LOGIN PASSWORD 'sesame';
CREATE ROLE sealed LOGIN;
CREATE ROLE open LOGIN;
CREATE ROLE few LOGIN;
END
    server -w restart
}

build_full_disk() {
    ${CC:-cc} -std=c11 -O2 -Wall -Wextra -shared -fPIC tests/faults/preload/full_disk.c -ldl \
        -o "$folder/full_disk.so" && chmod 755 "$folder/full_disk.so"
}

make_small_disk() {
    mkdir "$folder/small" && chmod 700 "$folder/small" || return 1
    [ "$(id -u)" != 0 ] || chown "$(stat -c %U "$folder/data")" "$folder/small"
    ask "CREATE TABLESPACE small LOCATION '$folder/small'"
}

if [ "$1" = control ]; then
    control "$2" "$3" "${4:-}"
elif [ "$1" = inside ]; then
    folder=${ORM_TEST_POSTGRESQL_URL#*host=}
    folder=${folder%/socket}
    build_full_disk && configure && make_small_disk || exit 1
    "$2" "$folder/socket" "$(cat "$folder/port")" "$0 control $folder"
    status=$?
    server -w -m immediate stop
    exit $status
else
    exec tests/postgresql.sh "$0" inside "$1"
fi
