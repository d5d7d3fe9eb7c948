#!/bin/sh
# Claims a stack's names at a shared proxy, which passes their connections on from then on.
# Usage: join-proxy.sh [check]    with `check`, only says whether the names are free
# Environment: PROXY_STACK, OWNER (name by which the proxy finds this stack), NAMES (separated by spaces)
# On failure: exit 1 with the reason; the proxy serves what it served before.
set -eu

# A stack of another project may have the proxy's name; it is not on the shared network.
network=$(sh "$(dirname "$0")/shared-network.sh" | head -n 1)
proxy=""
if [ -n "$network" ]; then
  proxy=$(docker ps --quiet --no-trunc --filter "network=${network%% *}" --filter "label=berth.stack=$PROXY_STACK" \
    --filter label=berth.part=nginx | head -n 1)
fi
if [ -z "$proxy" ]; then
  echo "proxy: no stack of shape proxy named $PROXY_STACK runs on this engine. Fix: npx berth up --stack $PROXY_STACK" >&2
  exit 1
fi
bin=/etc/berth/committed/bin
# A stack that went while the proxy did not run could not give its names back.
owners=$(docker ps --all --filter label=berth.part=listener --format '{{.Label "berth.project"}}-{{.Label "berth.stack"}}' | tr '\n' ' ')
# Without globbing: a name may be a wildcard.
set -f
# shellcheck disable=SC2086 # One word a name.
set -- "${1:-claim}" "$OWNER" $NAMES
# Root inside the container, without any capability, owns the configuration volume; Nginx itself can only read it.
docker exec --user 0:0 --env "OWNERS=$owners" "$proxy" sh "$bin/claim-names.sh" "$@"
if [ "$1" = check ]; then exit 0; fi
if ! docker exec "$proxy" sh "$bin/reload.sh" current >/dev/null; then
  docker exec --user 0:0 "$proxy" sh "$bin/claim-names.sh" undo "$OWNER"
  echo "The shared proxy $PROXY_STACK did not take the names of $OWNER; it serves what it served before." >&2
  exit 1
fi
echo "The shared proxy $PROXY_STACK passes $NAMES on to $OWNER."
