#!/bin/sh
# renew-scripts.sh: gives the committed set, if it is of an earlier version, the scripts that start an Nginx with the listening
# sockets of another container, and commits the result. Prints the set before; nothing if there was nothing to do. Run as root.
set -eu

here=$(dirname "$(readlink -f "$0")")
cd /etc/berth
if [ -e committed ]; then from=$(readlink -f committed); else from=$(readlink -f desired); fi
if [ -e "$from/bin/take-sockets.pl" ]; then exit 0; fi
renewed=sets/$(basename "$from")-renewed
rm -rf "$renewed"
cp -R "$from" "$renewed"
cp -R "$here/bin/." "$renewed/bin"
ln -sfn "$renewed" committed.next
mv -T committed.next committed
echo "$from"
