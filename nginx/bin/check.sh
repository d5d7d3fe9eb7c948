#!/bin/sh
# check.sh: has Nginx test the set that this script is part of, and touches nothing that runs.
set -eu

bin=$(dirname "$(readlink -f "$0")")
sh "$bin/placeholder.sh"
sh "$bin/reload.sh" "$(dirname "$bin")" >/dev/null
