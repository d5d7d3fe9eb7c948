#!/bin/sh
# drain-replica.sh REPLICA SECONDS [unhealthy]: takes a replica out of service; no request is on its way to it once this
# returns. SECONDS is how long old connections may take. The last replica in service is refused, unless it is unhealthy.
#
# The mark lies in a volume, so that the replica stays out over reloads, renewed certificates and Nginx's own restart until
# enable-replica.sh takes the mark away, or a release that brings the replica the traffic (switch.sh).
set -eu

name=$1
drain=$2
run=/run/berth
out=/var/lib/berth/state/out-of-service
bin=$(dirname "$(readlink -f "$0")")

state=$(awk -v name="$name" '$1 == name { print $3 }' "$run/current/addresses")
if [ "$state" != out ]; then
    others=$(awk -v name="$name" '$1 != name && $2 != "-" && $3 != "out"' "$run/current/addresses")
    if [ -z "$others" ] && [ "${3:-}" != unhealthy ]; then
        echo "$name stays in service, because no other replica is. The next up begins with the others." >&2
        exit 1
    fi
    mkdir -p "$out"
    touch "$out/$name"
    if ! sh "$bin/reload.sh" current >/dev/null; then
        rm -f "$out/$name"
        exit 1
    fi
fi
echo "$name is out of service; old connections had $(sh "$bin/await-old-workers.sh" "$drain") s of $drain s to finish."
