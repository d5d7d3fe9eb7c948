#!/usr/bin/env bash
# Looks for known vulnerabilities in the lockfiles, and in an image if one is named.
#   pipeline/scan.sh [--require] [IMAGE]
# pipeline/severity.json says what fails. A database that cannot be reached is said, and fails with --require only.
set -uo pipefail
require=
if [ "${1:-}" = --require ]; then
  require=1
  shift
fi
image=${1:-}
cd "$(dirname "$0")/.." || exit 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# $1: report; the rest: arguments of osv-scanner. Exits: 0 nothing, 1 vulnerabilities, others: it could not look.
look() {
  local report=$1 status=0
  shift
  osv-scanner scan "$@" --format json >"$report" 2>"$work/said" || status=$?
  case $status in
    0 | 1) return 0 ;;
    127) tail -5 "$work/said" >&2 ;;
    *) cat "$work/said" >&2 ;;
  esac
  echo "Not scanned: osv-scanner could not look ($status). Its database is https://api.osv.dev." >&2
  if [ -n "$require" ]; then exit 3; fi
  rm -f "$report"
}

look "$work/sources.json" source \
  --lockfile package-lock.json --lockfile app/package-lock.json \
  --lockfile toolchain/go.mod --lockfile toolchain/host/go.mod
if [ -n "$image" ]; then
  docker image save --output "$work/image.tar" "$image" || exit 3
  look "$work/image.json" image --archive "$work/image.tar"
fi
reports=("$work"/*.json)
if [ ! -e "${reports[0]}" ]; then exit 0; fi
node pipeline/judge-vulnerabilities.ts pipeline/severity.json "${reports[@]}"
