#!/bin/sh
# stop-holder.sh: closes the listening sockets beside Nginx's own, which gets every connection again.
set -eu

kill "$(cat /run/berth/holder.pid)"
