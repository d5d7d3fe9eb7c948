#!/bin/sh
# share-ports.sh: has an Nginx of an earlier version share its ports with the holder of the listening sockets. Run as root, which
# the folder of sets belongs to; loads as the user that Nginx runs as.
#
# `reuseport` at a reload marks the sockets that Nginx has already, without closing them.
# https://nginx.org/en/docs/http/ngx_http_core_module.html#reuseport
set -eu

cd /etc/berth
if [ -e committed ]; then from=$(readlink -f committed); else from=$(readlink -f desired); fi
shared=sets/$(basename "$from")-shared
rm -rf "$shared"
cp -R "$from" "$shared"
# A port's options stand in one directive: that of its default server, or the only one.
for file in "$shared"/nginx.conf "$shared"/snippets/*.conf; do
    sed 's/^\( *listen \(8080\|8443\)[^;]* default_server\);/\1 reuseport;/; s/^\( *listen 9145\);/\1 reuseport;/' "$file" >edited
    cat edited >"$file"
done
rm -f edited
echo "/etc/berth/$shared"
