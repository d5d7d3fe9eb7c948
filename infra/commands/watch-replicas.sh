#!/bin/sh
# Watches replicas that have just got traffic. Exit 1 with the id of the first one that falls over, or fails its check three times in
# a row, on standard output.
# Usage: watch-replicas.sh COMMAND [ARGUMENT …]   a replica's check, run inside it
# Environment: REPLICAS (container ids), BAKE (seconds)
set -eu

# Whether a replica runs, and since when: another time means that it fell over.
life() {
  docker inspect --format '{{.Id}} {{.State.Status}} {{.State.StartedAt}}' "$1"
}

ill() {
  case $lives in *"$(life "$1")"*) ;; *) return 0 ;; esac
  for pause in 1 1 0; do
    if docker exec "$@" >/dev/null 2>&1; then return 1; fi
    sleep "$pause"
  done
}

lives=$(for replica in $REPLICAS; do life "$replica"; done)
baked=$(($(date +%s) + BAKE))
while [ "$(date +%s)" -lt "$baked" ]; do
  for replica in $REPLICAS; do
    if ill "$replica" "$@"; then
      echo "$replica"
      exit 1
    fi
  done
  sleep 1
done
