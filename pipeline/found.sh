#!/usr/bin/env bash
# Runs a look, and tells later steps in `found` what issue.ts is to be given: --found if it found something.
#   pipeline/found.sh COMMAND…
# Fails only if the look could not look.
set -uo pipefail
status=0
"$@" || status=$?
case $status in
  0) found= ;;
  1) found=--found ;;
  *) exit "$status" ;;
esac
echo "found=$found" >>"${GITHUB_OUTPUT:-/dev/stdout}"
