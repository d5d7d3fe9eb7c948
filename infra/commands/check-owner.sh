#!/bin/sh
# Refuses a stack that runs on this engine already, deployed with another state: data volumes are named after the stack, and two
# Postgres on one data directory destroy it.
# Environment: PROJECT (any if unset), STACK, NETWORKS (ids of this state's networks, which nothing of another state is on), and what docker reads
set -eu

foreign=$(
  for network in $(docker network ls --quiet --no-trunc --filter "label=berth.stack=$STACK" --filter "label=berth.project${PROJECT:+=$PROJECT}"); do
    case " $NETWORKS " in
      *" $network "*) ;;
      *) docker ps --filter "network=$network" --format '{{.Names}}' ;;
    esac
  done | sort -u
)
[ -n "$foreign" ] || exit 0
{
  echo "Stack $STACK runs on this engine already, deployed with another state, and both would use the same data:"
  echo "$foreign" | sed 's/^/  /'
  echo "Deploy with that state, or name this stack otherwise. If that state is lost, remove the containers, which keeps the data:"
  echo "  docker rm --force $(echo "$foreign" | tr '\n' ' ')"
} >&2
exit 1
