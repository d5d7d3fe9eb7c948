#!/usr/bin/env bash
# Deploys a stack: this checkout, or by promotion the very image that another stack runs.
#   pipeline/deploy.sh STACK [FROM]
# FROM is a stack of this state, or an image by its digest. Deploying what runs already is no failure.
set -euo pipefail
stack=${1:?the stack}
from=${2:-}
cd "$(dirname "$0")/.."
if [ -z "$from" ]; then
  node cli/berth.mjs up --stack "$stack"
else
  status=0
  said=$(node cli/berth.mjs promote "$from" --stack "$stack" --yes 2>&1) || status=$?
  printf '%s\n' "$said"
  case $said in
    *" already."*) status=0 ;;
  esac
  if [ "$status" != 0 ]; then exit "$status"; fi
fi
# Docker calls a container healthy some seconds after it was let in: this is to be read, and judges nothing.
node cli/berth.mjs status --stack "$stack" || true
