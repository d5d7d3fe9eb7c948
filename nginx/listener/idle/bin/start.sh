#!/bin/sh
# start.sh: what a container of an earlier version starts once another one has its requests: the holder of the listening
# sockets, and an Nginx that only answers the container's health check.
set -eu

run=/run/berth
here=$(dirname "$(dirname "$(readlink -f "$0")")")
rm -f "$run/nginx.pid" "$run/holder.pid"
ln -sfn "$here" "$run/current"
sh "$here/bin/watch.sh"
(while sleep 2; do sh "$run/current/bin/watch.sh"; done) &
exec nginx -c "$run/current/nginx.conf" -g "daemon off;"
