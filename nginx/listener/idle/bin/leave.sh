#!/bin/sh
# leave.sh SECONDS: has this Nginx, of an earlier version, accept no new requests, and waits until it has finished those it has,
# SECONDS at most. Its container stays, for the ports. Another Nginx has to accept connections already.
set -eu

run=/run/berth
idle=$(dirname "$(dirname "$(readlink -f "$0")")")
# Clients leave kept connections before they are closed, as bin/reload.sh does it.
touch "$run/closing"
sleep 3
ln -sfn "$idle" "$run/current.next"
mv -T "$run/current.next" "$run/current"
kill -HUP "$(cat "$run/nginx.pid")"
tries=0
until [ "$(curl -s --max-time 1 http://127.0.0.1:9180/stage)" = idle ]; do
    tries=$((tries + 1))
    if [ "$tries" -ge 100 ]; then
        echo "The Nginx before does not leave; its log says why." >&2
        exit 1
    fi
    sleep 0.1
done
# Old workers hear a moment later that they have to go.
sleep 1
rm -f "$run/closing"
sh "$idle/../bin/await-old-workers.sh" "$1" >/dev/null
