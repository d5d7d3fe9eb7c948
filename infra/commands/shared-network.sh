#!/bin/sh
# Prints the network of a shared proxy, one a line: its name and its IPv4 range. Nothing where there is no such proxy.
# Environment: PROXY_STACK
set -eu

docker network ls --quiet --filter label=berth.part=shared --filter "label=berth.stack=$PROXY_STACK" | while read -r id; do
  docker network inspect --format '{{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}}' "$id"
done
