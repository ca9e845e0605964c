#!/usr/bin/env bash
# replicas.sh -- runs the program replicas beside a primary and two replicas of its own, and does to them what it asks for.
#
#     tests/faults/replicas.sh PROGRAM
#     tests/faults/replicas.sh control FOLDER stop|crash|start|promote|pause|resume|wait one|two|data
#
# The primary is tests/postgresql.sh's, in the folder `data`, port 5432; the replicas `one`, which every commit waits for, and
# `two` have 5433 and 5434, and sockets in the same folder.
# SPDX-License-Identifier: MIT
set -u

# As the user to whom the servers' folders belong.
as_owner() (
    [ "$(id -u)" = 0 ] || exec "$@"
    user=$(stat -c %U "$folder/data")
    cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env HOME=/ "$@"
)

server() {
    as_owner "$(command -v pg_ctl)" -D "$folder/$1" -w -t 30 -s "${@:2}" >/dev/null
}

port_of() {
    case $1 in data) echo 5432 ;; one) echo 5433 ;; two) echo 5434 ;; esac
}

ask() {
    psql -qtAX -h "$folder/socket" -p "$(port_of "$1")" -U ormc "${3:-postgres}" -c "$2"
}

# Until a replica has all that the primary has written.
wait_for() {
    local position
    position=$(ask data 'SELECT pg_current_wal_insert_lsn()')
    for _ in $(seq 200); do
        [ "$(ask "$1" "SELECT pg_last_wal_replay_lsn() >= '$position'")" = t ] && return
        sleep 0.05
    done
    return 1
}

control() {
    folder=$1
    case $2 in
    stop) server "$3" stop -m fast ;;
    crash) server "$3" stop -m immediate ;;
    start) server "$3" start ;;
    promote) server "$3" promote ;;
    pause) ask "$3" 'SELECT pg_wal_replay_pause()' >/dev/null ;;
    resume) ask "$3" 'SELECT pg_wal_replay_resume()' >/dev/null ;;
    wait) wait_for "$3" ;;
    esac
}

make_replica() {
    mkdir "$folder/$1" && chmod 700 "$folder/$1"
    [ "$(id -u)" != 0 ] || chown "$(stat -c %U "$folder/data")" "$folder/$1"
    as_owner "$(command -v pg_basebackup)" -D "$folder/$1" -c fast -X stream --no-sync -R \
        -d "host=$folder/socket user=ormc application_name=$1" || return 1
    as_owner tee -a "$folder/$1/postgresql.conf" >/dev/null <<END
port = $(port_of "$1")
wal_retrieve_retry_interval = 200ms
END
    server "$1" start
}

if [ "$1" = control ]; then
    control "$2" "$3" "${4:-}"
elif [ "$1" = inside ]; then
    folder=${ORM_TEST_POSTGRESQL_URL#*host=}
    folder=${folder%/socket}
    make_replica one && make_replica two || exit 1
    ask data "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (one)'" && server data reload || exit 1
    "$2" "$folder/socket" "$0 control $folder"
    status=$?
    server one stop -m immediate
    server two stop -m immediate
    exit $status
else
    exec tests/postgresql.sh "$0" inside "$1"
fi
