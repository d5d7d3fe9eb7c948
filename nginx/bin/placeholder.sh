#!/bin/sh
# placeholder.sh: makes the folders that Nginx needs, and a certificate to start with.
#
# Nginx wants a certificate before Certbot has one, and Certbot wants Nginx first. Browsers do not trust this one; it is not in
# Certbot's folders, so that Certbot never takes it for its own.
set -eu

run=/run/berth
mkdir -p "$run/stages" "$run/unused" "$run/placeholder" /var/lib/berth/state/temp
[ -s "$run/placeholder/fullchain.pem" ] && exit 0
cd "$run/placeholder"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=placeholder.invalid" \
    -addext "subjectAltName=DNS:placeholder.invalid" -keyout privkey.pem -out fullchain.next 2>log || {
    cat log >&2
    exit 1
}
mv fullchain.next fullchain.pem
