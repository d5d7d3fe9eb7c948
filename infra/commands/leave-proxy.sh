#!/bin/sh
# Gives a stack's names at a shared proxy back. A proxy that is gone has nothing to give back.
# Environment: PROXY_STACK, OWNER
set -eu

network=$(sh "$(dirname "$0")/shared-network.sh" | head -n 1)
if [ -z "$network" ]; then exit 0; fi
proxy=$(docker ps --quiet --no-trunc --filter "network=${network%% *}" --filter "label=berth.stack=$PROXY_STACK" \
  --filter label=berth.part=nginx | head -n 1)
if [ -z "$proxy" ]; then exit 0; fi
bin=/etc/berth/committed/bin
docker exec --user 0:0 "$proxy" sh "$bin/claim-names.sh" leave "$OWNER"
docker exec "$proxy" sh "$bin/reload.sh" current >/dev/null
