#!/usr/bin/env bash
# outages.sh -- runs the program outages on a server of its own, and stops, starts and freezes that server for it.
#
#     tests/faults/outages.sh PROGRAM
#     tests/faults/outages.sh control FOLDER stop|start|restart|freeze NAME|thaw
#
# SPDX-License-Identifier: MIT
set -u

# As the user to whom the server's folder belongs.
as_owner() (
    [ "$(id -u)" = 0 ] || exec "$@"
    user=$(stat -c %U "$folder/data")
    cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups env HOME=/ "$@"
)

back_ends() {
    psql -qtAX -h "$folder/socket" -U ormc postgres -c "SELECT pid FROM pg_stat_activity WHERE application_name = '$1'"
}

control() {
    folder=$1
    case $2 in
    stop) as_owner "$(command -v pg_ctl)" -D "$folder/data" -m fast -w -s stop ;;
    start) as_owner "$(command -v pg_ctl)" -D "$folder/data" -w -s start >/dev/null ;;
    restart) as_owner "$(command -v pg_ctl)" -D "$folder/data" -m immediate -w -s restart >/dev/null ;;
    freeze) back_ends "$3" >"/tmp/ormc-frozen.$(basename "$folder")" &&
        xargs kill -STOP <"/tmp/ormc-frozen.$(basename "$folder")" ;;
    thaw) xargs kill -CONT <"/tmp/ormc-frozen.$(basename "$folder")"
        rm -f "/tmp/ormc-frozen.$(basename "$folder")" ;;
    esac
}

if [ "$1" = control ]; then
    control "$2" "$3" "${4:-}"
elif [ "$1" = inside ]; then
    folder=${ORM_TEST_POSTGRESQL_URL#*host=}
    exec "$2" "$ORM_TEST_POSTGRESQL_URL" "$0 control ${folder%/socket}"
else
    exec tests/postgresql.sh "$0" inside "$1"
fi
