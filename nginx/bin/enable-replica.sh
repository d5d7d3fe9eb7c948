#!/bin/sh
# enable-replica.sh REPLICA: brings a replica back into service, and returns when it has answered through Nginx. Says nothing
# if it was not out. On failure the replica is out of service again and the exit code is 1, with the reason on standard error.
set -eu

name=$1
run=/run/berth
out=/var/lib/berth/state/out-of-service
bin=$(dirname "$(readlink -f "$0")")

state=$(awk -v name="$name" '$1 == name { print $3 }' "$run/current/addresses")
if [ ! -e "$out/$name" ] && [ "$state" != out ]; then exit 0; fi
rm -f "$out/$name"
if ! sh "$bin/reload.sh" current >/dev/null; then
    touch "$out/$name"
    exit 1
fi

# Nginx spreads requests, so one of a few comes to it.
address=$(awk -v name="$name" '$1 == name { print $2 }' "$run/current/addresses")
tries=0
while :; do
    answer=$(curl -s --max-time 5 -o /dev/null -w '%{http_code} %header{x-upstream}' http://127.0.0.1:9180/release) || true
    case $answer in
    2??" $address:"*) break ;;
    2*) ;;
    *) sleep 0.1 ;;
    esac
    tries=$((tries + 1))
    if [ "$tries" -ge 300 ]; then
        sh "$bin/drain-replica.sh" "$name" 0 >/dev/null || true
        echo "$name ($address) did not answer through Nginx; the last answer was ${answer:-none}. It is out of service again." >&2
        exit 1
    fi
done
echo "$name is back in service."
