#!/bin/sh
# Has each Nginx behind a shared proxy end its connections in order, as at a release: clients of kept connections are told, and
# come back through the shared proxy's present Nginx.
# Usage: reload-joined.sh NETWORK
# One that cannot do it now is named, and does not hold the others up.
set -eu

listeners=$(docker ps --quiet --filter "network=$1" --filter label=berth.part=listener)
for listener in $listeners; do
  name=$(docker inspect --format '{{index .Config.Labels "berth.project"}} {{index .Config.Labels "berth.stack"}}' "$listener")
  of_project=${name% *}
  of_stack=${name#* }
  if [ "$name" = "$PROJECT $STACK" ]; then continue; fi
  for nginx in $(docker ps --quiet --filter "label=berth.stack=$of_stack" --filter "label=berth.project=$of_project" \
    --filter label=berth.part=nginx); do
    docker exec "$nginx" sh /run/berth/current/bin/reload.sh current >/dev/null ||
      echo "Nginx of stack $of_stack did not reload; its old connections end when the proxy's old Nginx does." >&2
  done &
done
wait
