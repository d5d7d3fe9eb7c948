#!/usr/bin/env bash
# Lists pinned versions that are behind: packages, base images, Debian's packages inside them.
#   pipeline/outdated.sh FILE
# Exits with 0 if none is, with 1 if FILE names some, with 3 if no registry answered.
set -uo pipefail
file=$(realpath -m "${1:?the report, a file}")
cd "$(dirname "$0")/.." || exit 3
node cli/berth.mjs outdated >"$file"
exit $?
