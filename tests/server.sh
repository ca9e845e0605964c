#!/usr/bin/env bash
# server.sh -- the example server answers, many at once, and ends when told.
#
#     tests/server.sh BUILD URL          the database must hold what schemas/blog/main.c writes
#
# SPDX-License-Identifier: MIT
set -u
build=$1 url=$2
scratch=$(mktemp -d)
"$build/schemas/blog/server" "$url" 0 >"$scratch/line" 2>"$scratch/complaints" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
passed=0 failed=0

for _ in $(seq 100); do
    [ -s "$scratch/line" ] && break
    sleep 0.1
done
address=$(sed -n 's/^listening on //p' "$scratch/line")

expect() { # path, status and body
    local got
    got=$(curl -s -w '%{http_code}' "$address$1" | tr -d '\n')
    if [ "$got" = "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'failed: GET %s\n    got  %s\n    want %s\n' "$1" "$got" "$2"
    fi
}

# A client that reads nothing before all is sent gets the whole answer.
expect_refused() { # status, error, request, a file behind it
    local what got last
    exec 3<>"/dev/tcp/127.0.0.1/${address##*:}"
    printf '%b' "$3" | cat - "${4:-/dev/null}" 2>/dev/null >&3 || what='cut off, then '
    IFS= read -r got <&3
    got=${what-}$got
    last=$(tail -n 1 <&3)
    exec 3<&-
    if [ "$got" = "HTTP/1.1 $1"$'\r' ] && [ "$last" = "{\"error\": \"$2\"}" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'failed: %.60s is answered by %s %s\n' "$3" "$got" "$last"
    fi
}

# Four hundred, a hundred of them at once: each must be the whole answer.
expect_many() {
    curl -s --no-keepalive --parallel --parallel-immediate --parallel-max 100 "$address/authors/$ada?[1-400]" -o "$scratch/many-#1"
    local wrong=0 file
    for file in "$scratch"/many-*; do
        grep -q 'Notes on the engine' "$file" || wrong=$((wrong + 1))
    done
    set -- "$scratch"/many-*
    if [ $# = 400 ] && [ $wrong = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: of 400 requests at once $# were answered, $wrong of them wrong"
    fi
}

ids=$(curl -s "$address/authors" | grep -o '"id": [0-9]*' | tr -dc '0-9\n')
read -r -d '' ada charles <<<"$ids"
expect /authors "[{\"id\": $ada, \"name\": \"Ada\"}, {\"id\": $charles, \"name\": \"Charles\"}]200"
expect "/authors/$charles" '{"name": "Charles", "posts": [{"title": "Gears", "comments": []}]}200'
expect /authors/12345 '{"error": "no such row"}404'
expect /nothing '{"error": "no such row"}404'
head -c 500000 /dev/zero | tr '\0' 'a' >"$scratch/much"
expect_refused '400 Bad Request' 'this is no GET' 'POST /authors HTTP/1.1\r\n\r\n'
expect_refused '400 Bad Request' 'this is no GET' 'nonsense\r\n\r\n'
expect_refused '400 Bad Request' 'this is no GET' 'POST /authors HTTP/1.1\r\nContent-Length: 500000\r\n\r\n' "$scratch/much"
expect_refused '431 Request Header Fields Too Large' 'the head of a request may have 4 KiB' \
    'GET /authors HTTP/1.1\r\nX-Long: ' "$scratch/much"
expect_refused '404 Not Found' 'no such row' 'GET /nothing HTTP/1.1\r\nContent-Length: 500000\r\n\r\n' "$scratch/much"
expect_many

# Nor does one hold it up that sends what is too long, and then nothing, and stays.
exec 4<>"/dev/tcp/127.0.0.1/${address##*:}"
cat "$scratch/much" 2>/dev/null >&4
SECONDS=0
kill -TERM $server
if wait $server && [ $SECONDS -lt 8 ] && [ ! -s "$scratch/complaints" ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo 'failed: the server did not end well'
    cat "$scratch/complaints"
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
