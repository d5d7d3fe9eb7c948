#!/bin/sh
# start.sh: prepares what Nginx needs, loads the committed set, starts the watcher and becomes Nginx.
set -eu

config=/etc/berth
run=/run/berth
bin=$(dirname "$(readlink -f "$0")")
umask 022
rm -f "$run/nginx.pid" "$run/current" "$run/closing" "$run/errors.pid"
sh "$bin/placeholder.sh"
sh "$bin/reload.sh" "$(readlink -f "$config/committed")"
sh "$bin/error-log.sh"
(while sleep 2; do sh "$run/current/bin/watch.sh"; done) &
exec perl "$bin/take-sockets.pl" nginx -c "$run/current/nginx.conf" -g "daemon off;"
