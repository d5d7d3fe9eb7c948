#!/bin/sh
# take-out.sh REPLICA DRAIN [ill]: takes a replica out of service; no request is on its way to it once this returns. The last one in
# service is refused, unless it is ill.
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
    others=$(grep '^ *server ' "$run/current/upstream.conf" | grep -vc ' down;') || true
    if [ "$others" -le 1 ] && [ "${3:-}" != ill ]; then
        echo "$name stays in service, because no other replica is. The next up begins with the others." >&2
        exit 1
    fi
    mkdir -p "$out"
    touch "$out/$name"
    if ! sh "$bin/load.sh" "$(cat "$run/current/set")" >/dev/null; then
        rm -f "$out/$name"
        exit 1
    fi
fi
echo "$name is out of service; old connections had $(sh "$bin/drained.sh" "$drain") s of $drain s to finish."
