#!/bin/sh
# Refuses to take a shared proxy down while stacks are behind it: they would be reached no more.
# Environment: PROJECT, STACK, SHARED_NETWORK
set -eu

behind=$(docker ps --filter "network=$SHARED_NETWORK" --filter label=berth.part=listener \
  --format '{{.Label "berth.project"}} {{.Label "berth.stack"}}' | grep -vxF "$PROJECT $STACK" || true)
if [ -z "$behind" ]; then exit 0; fi
echo "Stacks are behind the proxy $STACK, and would be reached no more:" >&2
printf '%s\n' "$behind" | while read -r of_project of_stack; do
  echo "  $of_stack of project $of_project. Fix: pulumi config rm proxy --stack $of_stack, and npx berth up --stack $of_stack; or npx berth down --stack $of_stack" >&2
done
exit 1
