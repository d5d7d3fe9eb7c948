#!/usr/bin/env bash
# Looks whether a stack is as its last update left it, and as policy/ wants it. Changes nothing.
#   pipeline/drift.sh STACK FILE
# Exits with 0 if it is, with 1 if FILE says what is not, with another code if it could not look.
set -uo pipefail
stack=${1:?the stack}
file=$(realpath -m "${2:?the report, a file}")
cd "$(dirname "$0")/.." || exit 3
worst=0
: >"$file"
for look in drift policy; do
  said=$(node cli/berth.mjs "$look" --stack "$stack")
  status=$?
  if [ -n "$said" ]; then printf '%s\n' "$said" >>"$file"; fi
  # A look that failed and printed nothing has not looked.
  if [ "$status" = 1 ] && [ -z "$said" ]; then status=3; fi
  if [ "$status" -gt "$worst" ]; then worst=$status; fi
done
exit "$worst"
