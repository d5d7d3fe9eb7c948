#!/bin/sh
# Moves the traffic: brings a configuration set into the proxy's volume and has Nginx serve it.
# Usage: switch-traffic.sh COMMAND [ARGUMENT …]   a replica's check, run inside it while the release is watched
# Standard input: the set's files, as a script that writes them (infra/rendering/file-bundle.ts)
# Environment: PROXY (container id), SET, RELEASE, ANSWERS (in a row, from its replicas), DRAIN (seconds),
#              REPLICAS (container ids), BAKE (seconds)
# On failure: exit 1 with the reason; Nginx serves what it served before (its page of status 502 before the first release),
#             and the next run tries again.
set -eu

fail() {
  echo "The traffic was not switched to release $RELEASE." >&2
  echo "The last lines of the proxy's log:" >&2
  docker logs --tail 15 "$PROXY" 2>&1 | grep -v '"msg":"access"' | sed 's/^/  /' >&2
  exit 1
}

# Root inside the container, without any capability, owns the configuration volume; Nginx itself can only read it.
docker exec --interactive --user 0:0 "$PROXY" sh -s "/etc/berth/sets/$SET" || fail
docker exec --user 0:0 "$PROXY" sh "/etc/berth/sets/$SET/bin/commit-config.sh" "$SET" first || fail
docker exec "$PROXY" sh "/etc/berth/sets/$SET/bin/switch.sh" "$SET" "$RELEASE" "$ANSWERS" "$DRAIN" || fail

# Tells the stack's watcher, if there is one. Nothing waits for it: it is no part of the way to a release.
tell() {
  # shellcheck disable=SC2046 # Words, one an option.
  watcher=$(docker ps --quiet $(docker inspect --format '--filter label=berth.part=watcher
    --filter label=berth.project={{index .Config.Labels "berth.project"}}
    --filter label=berth.stack={{index .Config.Labels "berth.stack"}}' "$PROXY")) || return 0
  [ -z "$watcher" ] || docker exec "$watcher" berth-watch tell "$1" "$RELEASE" "$2" >&2 || true
}

# shellcheck disable=SC2016 # Expanded in there.
give_back() {
  # The set before is still the committed one. This set's script loads it, because one of an earlier version lacks it.
  given="the release before has it again."
  docker exec "$PROXY" sh -c 'sh "/etc/berth/sets/$1/bin/reload.sh" "$(readlink -f /etc/berth/committed)"' sh "$SET" >&2 ||
    given="it could not be given back to the release before. Run up again, or roll back."
  echo "Release $RELEASE turned unhealthy within $BAKE seconds of getting the traffic; $given" >&2
  echo "The last lines of the log of $(docker inspect --format '{{.Name}}' "$1" | tr -d /):" >&2
  docker logs --tail 30 "$1" 2>&1 | sed 's/^/  /' >&2
  tell given-back "release $RELEASE turned unhealthy within $BAKE seconds of getting the traffic; $given"
  exit 1
}

# The same replicas under another configuration have proved themselves. A first release has none before it to give back to.
# shellcheck disable=SC2016 # Expanded in there.
proved='cmp -s /etc/berth/committed/upstreams "/etc/berth/sets/$1/upstreams" || [ ! -s /etc/berth/committed/upstreams ]'
if docker exec "$PROXY" sh -c "$proved" sh "$SET"; then BAKE=0; fi
export REPLICAS BAKE
watched=0
ailing=$(sh "$(dirname "$0")/watch-replicas.sh" "$@") || watched=$?
if [ "$watched" -eq 2 ]; then
  echo "The engine could not be reached for a minute while release $RELEASE was watched; it has the traffic. Run up again." >&2
  exit 1
fi
[ "$watched" -eq 0 ] || give_back "$ailing"

docker exec --user 0:0 "$PROXY" sh "/etc/berth/sets/$SET/bin/commit-config.sh" "$SET" || fail
tell released "release $RELEASE has the traffic"
