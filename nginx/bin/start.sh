#!/bin/sh
# start.sh: prepares what Nginx needs, loads the desired set, starts the watcher and becomes Nginx.
set -eu

config=/etc/berth
run=/run/berth
bin=$(dirname "$(readlink -f "$0")")
umask 022
rm -f "$run/nginx.pid" "$run/current" "$run/closing"
sh "$bin/placeholder.sh"
sh "$bin/load.sh" "$(readlink -f "$config/desired")"
(while sleep 2; do sh "$run/current/bin/watch.sh"; done) &
exec nginx -c "$run/current/nginx.conf" -g "daemon off;"
