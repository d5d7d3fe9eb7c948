#!/usr/bin/env bash
# Checks and tests of the checkout. With `quick`, what needs no engine.
#   pipeline/check.sh [quick]
set -euo pipefail
cd "$(dirname "$0")/.."
node cli/berth.mjs check
if [ "${1:-}" = quick ]; then exec node cli/berth.mjs test unit stack; fi
exec .ci/run
