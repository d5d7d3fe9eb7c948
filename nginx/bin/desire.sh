#!/bin/sh
# desire.sh SET [first]: makes SET the one that a starting Nginx takes; with `first`, only when there is none yet.
# Forgets old sets, but for the five newest.
set -eu

cd /etc/berth
if [ "${2:-}" = first ] && [ -e desired ]; then exit 0; fi
ln -sfn "sets/$1" desired.next
mv -T desired.next desired
touch "sets/$1"
cd sets
# shellcheck disable=SC2012 # Names are hexadecimal digits.
ls -1t | tail -n +6 | while read -r old; do
    if [ "$old" != "$1" ]; then rm -rf "$old"; fi
done
