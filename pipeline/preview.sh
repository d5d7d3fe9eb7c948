#!/usr/bin/env bash
# Writes what `up` would change in a stack, as Markdown. Changes nothing.
#   pipeline/preview.sh STACK FILE
# A plan that the program or policy/ refuses is in the file too, and exits with 1.
set -euo pipefail
stack=${1:?the stack}
file=$(realpath -m "${2:?the report, a file}")
cd "$(dirname "$0")/.."
status=0
node cli/berth.mjs preview --stack "$stack" --report md >"$file" || status=$?
if [ ! -s "$file" ]; then printf '### %s: no preview\n\nIts job has the reason.\n' "$stack" >"$file"; fi
exit "$status"
