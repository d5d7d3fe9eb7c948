#!/bin/sh
# commit-config.sh SET [first]: makes SET the committed one, which a starting Nginx takes. Forgets old sets, but for the
# five newest.
#
# With `first` it does nothing if a set is committed already. If none is, it commits SET without its replicas: Nginx
# needs a configuration to start with, and a release is not to be published before it has proved itself.
set -eu

set=$1
cd /etc/berth
if [ "${2:-}" = first ]; then
    if [ -e committed ]; then exit 0; fi
    set=$1-unpublished
    rm -rf "sets/$set"
    cp -R "sets/$1" "sets/$set"
    : >"sets/$set/upstreams"
    sed 's/^\( *server \).*/\1127.0.0.1:9 down;/' "sets/$1/upstream.conf" >"sets/$set/upstream.conf"
fi
ln -sfn "sets/$set" committed.next
mv -T committed.next committed
touch "sets/$set"
cd sets
# shellcheck disable=SC2012 # Names are hexadecimal digits.
ls -1t | tail -n +6 | while read -r old; do
    if [ "$old" != "$set" ]; then rm -rf "$old"; fi
done
