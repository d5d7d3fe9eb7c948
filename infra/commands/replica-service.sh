#!/bin/sh
# Takes a replica out of service before its container is replaced, or brings it back once the new container is healthy. Does nothing
# where the configuration that Nginx serves has no such replica: the traffic switch is going to bring it, or has left it behind.
# Usage: replica-service.sh out
#        replica-service.sh back COMMAND [ARGUMENT …]   the replica's check, run inside it while it is watched
# Environment: STACK, NAME (of the replica's container), DRAIN (seconds for old connections), CONTAINER (its id) and BAKE (seconds
#              that it is watched) for `back`
# On failure: exit 1 with the reason; the replica is out of service, and the others serve.
set -eu

way=$1
shift

proxy=""
for candidate in $(docker ps --quiet --filter "label=berth.stack=$STACK" --filter label=berth.part=nginx); do
  if docker exec "$candidate" grep -qxF "$NAME" /run/berth/current/upstreams 2>/dev/null; then proxy=$candidate; fi
done
[ -n "$proxy" ] || exit 0

in_proxy() {
  script=$1
  shift
  docker exec "$proxy" sh "/run/berth/current/bin/$script" "$NAME" "$@"
}

if [ "$way" = out ]; then
  in_proxy take-out.sh "$DRAIN"
  exit 0
fi

done=$(in_proxy bring-back.sh)
[ -n "$done" ] || exit 0
if ! REPLICAS=$CONTAINER sh "$(dirname "$0")/watch-replicas.sh" "$@" >/dev/null; then
  in_proxy take-out.sh 0 >&2 || true
  echo "$NAME turned unhealthy within $BAKE seconds of getting traffic. The other replicas serve; none of them was changed after it." >&2
  echo "The last lines of its log:" >&2
  docker logs --tail 30 "$CONTAINER" 2>&1 | sed 's/^/  /' >&2
  exit 1
fi
echo "$done"
