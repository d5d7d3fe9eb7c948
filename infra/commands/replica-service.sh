#!/bin/sh
# Takes a replica out of service before its container is replaced, or brings it back once the new container is healthy. Does nothing
# where the configuration that Nginx serves has no such replica: the traffic switch is going to bring it, or has left it behind.
# Usage: replica-service.sh out COMMAND [ARGUMENT …]
#        replica-service.sh back COMMAND [ARGUMENT …]   the replica's check, run inside it
# Environment: PROJECT (any if unset), STACK, NAME and CONTAINER (name and id of the replica's container), DRAIN (seconds for old connections), BAKE (seconds
#              that a replica is watched that came back)
# On failure: exit 1 with the reason, and the others serve. `out` fails rather than leave no healthy replica in service.
set -eu

way=$1
shift

# Whether the configuration that a container serves has the replica; nothing where it serves none.
# shellcheck disable=SC2016 # Expanded in there.
known='cd /run/berth/current 2>/dev/null || exit 0; if grep -qxF "$1" upstreams; then echo yes; else echo no; fi'
proxy=""
for candidate in $(docker ps --quiet --filter "label=berth.stack=$STACK" --filter "label=berth.project${PROJECT:+=$PROJECT}" --filter label=berth.part=nginx); do
  if answer=$(docker exec "$candidate" sh -c "$known" sh "$NAME" 2>&1); then
    if [ "$answer" = yes ]; then proxy=$candidate; fi
  elif [ "$(docker inspect --format '{{.State.Running}}' "$candidate" 2>/dev/null)" = true ]; then
    echo "Nginx cannot be asked whether it serves $NAME: $answer" >&2
    exit 1
  fi
done
[ -n "$proxy" ] || exit 0

# A configuration of an earlier version is served until the traffic switch, and has its scripts under other names.
# shellcheck disable=SC2016 # Expanded in there.
either='cd /run/berth/current/bin
if [ -e "$1" ]; then script=$1; else script=$2; fi
shift 2
if [ "$script" = take-out.sh ] && [ "${3:-}" = unhealthy ]; then set -- "$1" "$2" ill; fi
exec sh "$script" "$@"'
drain_replica() { docker exec "$proxy" sh -c "$either" sh drain-replica.sh take-out.sh "$NAME" "$@"; }
enable_replica() { docker exec "$proxy" sh -c "$either" sh enable-replica.sh bring-back.sh "$NAME"; }

if [ "$way" = out ]; then
  # It was removed by hand.
  docker inspect "$CONTAINER" >/dev/null 2>&1 || exit 0
  if docker exec "$CONTAINER" "$@" >/dev/null 2>&1; then state=""; else state=unhealthy; fi
  drain_replica "$DRAIN" $state
  exit 0
fi

said=$(enable_replica)
[ -n "$said" ] || exit 0
watched=0
REPLICAS=$CONTAINER sh "$(dirname "$0")/watch-replicas.sh" "$@" >/dev/null || watched=$?
if [ "$watched" -eq 2 ]; then
  echo "The engine could not be reached for a minute while $NAME was watched. None of the other replicas was changed after it. Run up again." >&2
  exit 1
fi
if [ "$watched" -ne 0 ]; then
  drain_replica 0 >&2 || true
  echo "$NAME turned unhealthy within $BAKE seconds of getting traffic. The other replicas serve; none of them was changed after it." >&2
  echo "The last lines of its log:" >&2
  docker logs --tail 30 "$CONTAINER" 2>&1 | sed 's/^/  /' >&2
  exit 1
fi
echo "$said"
