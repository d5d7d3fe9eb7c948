#!/bin/sh
# Prints the ports that a stack's proxy publishes, one a line: the port inside with its protocol, the host's address and port.
# Nothing where there is no such stack yet, or its engine does not answer. In a stack of an earlier version it is Nginx's own
# container that publishes them.
# Environment: PROJECT, STACK
set -eu

for part in listener nginx; do
  for container in $(docker ps --quiet --filter "label=berth.stack=$STACK" --filter "label=berth.project=$PROJECT" \
    --filter "label=berth.part=$part" 2>/dev/null || true); do
    docker inspect --format '{{range $inside, $held := .HostConfig.PortBindings}}{{range $held}}{{$inside}} {{.HostIp}} {{.HostPort}}
{{end}}{{end}}' "$container" 2>/dev/null || true
  done
done
