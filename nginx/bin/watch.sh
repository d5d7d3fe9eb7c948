#!/bin/sh
# watch.sh: loads the current set again when the certificate in use or a replica's address has changed, and has Nginx start
# again when its listening sockets are lost. Runs every two seconds, from the set that is loaded.
#
# This is how Certbot gets its certificates served without access to Docker, and how a replica that came back with
# another address is found again: Nginx asks for addresses only when it loads.
set -eu

run=/run/berth
served=/var/lib/berth/certificates/served/current
retry=30
# shellcheck source=/dev/null
. "$run/current/bin/resolve.sh"

[ -s "$run/nginx.pid" ] || exit 0

# The container that holds the listening sockets came back with others. Nothing arrives at those that Nginx has; Docker starts
# it again, with the new ones.
if [ "$(cat "/var/lib/berth/state/listener/$LISTENER.started" 2>/dev/null)" != "$(cat "$run/listener")" ]; then
    kill -TERM "$(cat "$run/nginx.pid")"
    exit 0
fi

if ! { read -r reader <"$run/errors.pid" && [ -e "/proc/$reader/comm" ]; } 2>/dev/null; then
    sh "$run/current/bin/error-log.sh"
fi

# A name without an address counts as unchanged: the balancer passes over a dead replica by itself. So does one that is out
# of service, which has its container replaced just now.
now_seen=$(
    basename "$(readlink -f "$served" || echo placeholder)"
    while read -r name before state; do
        now=""
        [ "$state" = out ] || now=$(address_of "$name")
        printf '%s %s %s\n' "$name" "${now:-$before}" "$state"
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
if sh "$run/current/bin/reload.sh" current; then
    rm -f "$failed"
else
    printf '%s\n' "$now_seen" >"$failed"
fi
