#!/bin/sh
# Watches replicas that have just got traffic. Exit 1 with the id of the first one that falls over, or fails its check three times in
# a row, on standard output. Exit 2 if the engine could not be reached for a minute, which says nothing about a replica.
# Usage: watch-replicas.sh COMMAND [ARGUMENT …]   a replica's check, run inside it
# Environment: REPLICAS (container ids), BAKE (seconds)
set -eu

# Whether a replica runs, and since when: another time means that it fell over.
life() {
  docker inspect --format '{{.Id}} {{.State.Status}} {{.State.StartedAt}}' "$1" 2>/dev/null
}

# Only an answer from inside the container is one about the replica: a lost connection fails as well.
# shellcheck disable=SC2016 # Expanded in there.
ask='if "$@" >/dev/null 2>&1; then echo healthy; else echo unhealthy; fi'

# Waits for the engine after a command has failed.
reach() {
  left=12
  until docker version >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || exit 2
    sleep 5
  done
}

# Sets `now` to a replica's life; to nothing once the engine says that there is none.
look() {
  until now=$(life "$1"); do
    reach
    case $(docker inspect "$1" 2>&1 >/dev/null) in *[Nn]o\ such*) return ;; esac
  done
}

unhealthy() {
  replica=$1
  shift
  failures=0
  while [ "$failures" -lt 3 ]; do
    case $(docker exec "$replica" sh -c "$ask" sh "$@" 2>/dev/null || true) in
      healthy) break ;;
      unhealthy) failures=$((failures + 1)) ;;
      # The engine could not run the check, or could not be asked to: that much is no failure of the replica.
      *) if docker version >/dev/null 2>&1; then failures=$((failures + 1)); else reach; fi ;;
    esac
    sleep 1
  done
  look "$replica"
  case $lives in *"${now:-gone}"*) ;; *) return 0 ;; esac
  [ "$failures" -ge 3 ]
}

lives=""
for replica in $REPLICAS; do
  look "$replica"
  lives="$lives
$now"
done
baked=$(($(date +%s) + BAKE))
while [ "$(date +%s)" -lt "$baked" ]; do
  for candidate in $REPLICAS; do
    if unhealthy "$candidate" "$@"; then
      echo "$candidate"
      exit 1
    fi
  done
  sleep 1
done
