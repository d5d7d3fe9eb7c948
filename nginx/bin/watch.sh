#!/bin/sh
# watch.sh: loads the current set again when the certificate in use or a replica's address has changed.
#
# This is how Certbot gets its certificates served without access to Docker, and how a replica that came back with
# another address is found again: Nginx asks for addresses only when it loads.
set -u

run=/run/berth
served=/var/lib/berth/certificates/served/current
bin=$(dirname "$(readlink -f "$0")")
seconds=2
retry=30

# A name without an address counts as unchanged: the balancer passes over a dead replica by itself.
seen() {
    basename "$(readlink -f "$served" || echo placeholder)"
    while read -r name before; do
        now=$(getent ahostsv4 "$name" | awk 'NR == 1 { print $1 }')
        printf '%s %s\n' "$name" "${now:-$before}"
    done <"$run/current/addresses"
}

loaded() {
    basename "$(readlink "$run/current/tls")"
    cat "$run/current/addresses"
}

failed=""
waited=0
while sleep "$seconds"; do
    [ -s "$run/nginx.pid" ] || continue
    now_seen=$(seen)
    [ "$now_seen" = "$(loaded)" ] && continue
    # The same thing that failed is tried again, but not every two seconds.
    if [ "$now_seen" = "$failed" ] && [ "$waited" -lt "$retry" ]; then
        waited=$((waited + seconds))
        continue
    fi
    if sh "$bin/load.sh" "$(cat "$run/current/set")"; then failed=""; else
        failed=$now_seen
        waited=0
    fi
done
