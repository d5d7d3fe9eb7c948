#!/bin/sh
# watch.sh: loads the current set again when the certificate in use or a replica's address has changed. Runs every two
# seconds, from the set that is loaded.
#
# This is how Certbot gets its certificates served without access to Docker, and how a replica that came back with
# another address is found again: Nginx asks for addresses only when it loads.
set -eu

run=/run/berth
served=/var/lib/berth/certificates/served/current
out=/var/lib/berth/state/out-of-service
retry=30

[ -s "$run/nginx.pid" ] || exit 0

# A name without an address counts as unchanged: the balancer passes over a dead replica by itself. So does one that is out
# of service, which has its container replaced just now.
now_seen=$(
    basename "$(readlink -f "$served" || echo placeholder)"
    while read -r name before; do
        now=""
        [ -e "$out/$name" ] || now=$(getent ahostsv4 "$name" | awk 'NR == 1 { print $1 }')
        printf '%s %s\n' "$name" "${now:-$before}"
    done <"$run/current/addresses"
)
loaded=$(
    basename "$(readlink "$run/current/tls")"
    cat "$run/current/addresses"
)
[ "$now_seen" != "$loaded" ] || exit 0

# The same thing that failed is tried again, but not every two seconds.
failed=$run/watch-failed
if [ -e "$failed" ] && [ "$(cat "$failed")" = "$now_seen" ]; then
    [ $(($(date +%s) - $(stat -c %Y "$failed"))) -ge "$retry" ] || exit 0
fi
if sh "$run/current/bin/load.sh" "$(cat "$run/current/set")"; then
    rm -f "$failed"
else
    printf '%s\n' "$now_seen" >"$failed"
fi
