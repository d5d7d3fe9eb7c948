#!/bin/sh
# take-out.sh REPLICA DRAIN: takes a replica out of service; no request is on its way to it once this returns.
#
# The mark lies in a volume, so that the replica stays out over reloads, renewed certificates and Nginx' own restart until
# bring-back.sh takes the mark away, or a release that brings the replica the traffic (switch.sh).
set -eu

name=$1
drain=$2
run=/run/berth
out=/var/lib/berth/state/out-of-service
bin=$(dirname "$(readlink -f "$0")")

if ! grep -q "down; # $name is out of service$" "$run/current/upstream.conf"; then
    if [ "$(grep '^ *server ' "$run/current/upstream.conf" | grep -vc ' down;')" -le 1 ]; then
        echo "$name stays in service: nobody else is."
        exit 0
    fi
    mkdir -p "$out"
    touch "$out/$name"
    if ! sh "$bin/load.sh" "$(cat "$run/current/set")" >/dev/null; then
        rm -f "$out/$name"
        exit 1
    fi
fi
echo "$name is out of service; old connections had $(sh "$bin/drained.sh" "$drain") s of $drain s to finish."
