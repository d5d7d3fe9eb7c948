#!/bin/sh
# start.sh: prepares what Nginx needs, loads the desired set, starts the watcher and becomes Nginx.
set -eu

config=/etc/berth
run=/run/berth
bin=$(dirname "$(readlink -f "$0")")
umask 022
rm -f "$run/nginx.pid" "$run/current"
sh "$bin/placeholder.sh"
sh "$bin/load.sh" "$(readlink -f "$config/desired")"
sh "$bin/watch.sh" &
exec nginx -c "$run/current/nginx.conf" -g "daemon off;"
