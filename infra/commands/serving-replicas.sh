#!/bin/sh
# Prints the names of a stack's replicas that serve, one a line: healthy, and not out of service. Nothing where there is no
# stack yet, or its engine does not answer.
# Environment: PROJECT (any if unset), STACK
set -eu

names() {
  # A container that was started from the image by hand has the image's labels, and no project.
  docker ps --format '{{.Names}}' --filter "label=berth.stack=$STACK" --filter "label=berth.project${PROJECT:+=$PROJECT}" "$@" 2>/dev/null || true
}

out=$(for proxy in $(names --filter label=berth.part=nginx); do
  docker exec "$proxy" ls /var/lib/berth/state/out-of-service 2>/dev/null || true
done)
for name in $(names --filter label=berth.part=app --filter health=healthy); do
  printf '%s\n' "$out" | grep -qxF "$name" || echo "$name"
done
