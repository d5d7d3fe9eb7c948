#!/bin/sh
# What happens right before a part is restarted. Prints a line of JSON: its version and the time; {} if none runs.
# A checkpoint now leaves little for the one at the stop.
# Environment: PROJECT, STACK, PART (postgres or redis), and what docker reads
set -eu

container=$(docker ps --quiet --filter "label=berth.project=$PROJECT" --filter "label=berth.stack=$STACK" \
  --filter "label=berth.part=$PART" | head -n 1)
if [ -z "$container" ]; then
  echo '{}'
  exit 0
fi
case $PART in
  postgres)
    said=$(docker exec "$container" postgres --version 2>/dev/null) || said=
    docker exec "$container" psql -XAtqU postgres -c checkpoint >/dev/null || true
    ;;
  *) said=$(docker exec "$container" redis-server --version 2>/dev/null) || said= ;;
esac
# It stops already, or cannot be asked: the restart goes on without these facts.
if [ -z "$said" ]; then
  echo '{}'
  exit 0
fi
version=$(printf '%s' "$said" | grep -o '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1)
printf '{"version":"%s","at":"%s"}\n' "$version" "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)"
