#!/bin/sh
# Options and script names go to node; anything else on PATH is run as it stands, for instance `npm ci`.
set -e
case ${1:-} in
  -*) exec node "$@" ;;
esac
if [ $# -gt 0 ] && ! command -v "$1" >/dev/null; then
  exec node "$@"
fi
exec "$@"
