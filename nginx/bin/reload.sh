#!/bin/sh
# reload.sh SET|current [strict]: makes SET, a folder of configuration, what this Nginx serves.
#
# `current` is the set that is served, loaded once more. Only this script knows which one that is, because it waits here
# for loads that others have begun: a caller that looked before the wait would take a release back that has just come.
#
# Copies it to memory, puts addresses in place of names, joins it with the certificate in use, has Nginx test it, and
# only then switches over and reloads. If anything fails, Nginx serves what it served before. `strict` also fails
# when a name of the set has no address.
#
# Every change goes through here: start, release, renewed certificate, moved replica, replica that is out of service.
set -eu

set_dir=$1
strict=${2:-}
run=/run/berth
served=/var/lib/berth/certificates/served/current
bin=$(dirname "$(readlink -f "$0")")
# shellcheck source=/dev/null
. "$bin/resolve.sh"

exec 9>"$run/load.lock"
flock 9
if [ "$set_dir" = current ]; then set_dir=$(cat "$run/current/set"); fi

stage=$run/stages/$(date +%s)-$$
mkdir -p "$run/stages"
cp -R "$set_dir" "$stage"
printf '%s\n' "$set_dir" >"$stage/set"
abandon() {
    rm -rf "$stage"
    echo "$1" >&2
    exit 1
}

# set_server NAME EDIT: edits the line of a replica in the staged upstream.
set_server() {
    sed "s/^\( *server \)$1:$2/" "$stage/upstream.conf" >"$stage/upstream.next"
    mv "$stage/upstream.next" "$stage/upstream.conf"
}

# Names become addresses here and not in Nginx: it refuses to start when one of them has none, and asks only once.
# `addresses` says what became of them: name, address (`-` if there is none), and `in` or `out` of service.
missing=""
: >"$stage/addresses"
while read -r name; do
    state=$(state_of "$name")
    address=-
    # drain-replica.sh put the mark there. The address stays unknown until the replica is in service again.
    if [ "$state" = in ]; then
        address=$(address_of "$name")
        if [ -z "$address" ]; then
            missing="$missing $name"
            # A replica that is just restarting keeps the address it had.
            if [ -r "$run/current/addresses" ]; then
                address=$(awk -v name="$name" '$1 == name { print $2 }' "$run/current/addresses")
            fi
        fi
        address=${address:--}
    fi
    printf '%s %s %s\n' "$name" "$address" "$state" >>"$stage/addresses"
    case $address in
    -) set_server "$name" "\([0-9]*\).*/\1127.0.0.1:\2 down; # $name" ;;
    *) set_server "$name" "/\1$address:" ;;
    esac
done <"$stage/upstreams"
if [ -n "$missing" ] && [ "$strict" = strict ]; then
    abandon "No address for$missing: is the container running, and on the same network?"
fi

# As long as a release has not proved itself, another set is the committed one, and its replicas still run. They get what
# would get no answer otherwise. What is served then keeps them until the next load, which finds them gone.
committed=/etc/berth/committed
if [ -r "$committed/upstreams" ]; then
    while read -r name; do
        if [ "$(state_of "$name")" = out ] || grep -qxF "$name" "$stage/upstreams"; then continue; fi
        address=$(address_of "$name")
        port=$(sed -n "s/^ *server $name:\([0-9]*\).*/\1/p" "$committed/upstream.conf" | head -n 1)
        if [ -z "$address" ] || [ -z "$port" ]; then continue; fi
        sed "s/^\( *\)zone .*;/&\n\1server $address:$port backup max_fails=0; # $name/" "$stage/upstream.conf" >"$stage/upstream.next"
        mv "$stage/upstream.next" "$stage/upstream.conf"
    done <"$committed/upstreams"
fi

# The certificate as one folder, so that certificate and key always belong together.
if [ -e "$served/fullchain.pem" ]; then
    ln -s "$(readlink -f "$served")" "$stage/tls"
else
    ln -s "$run/placeholder" "$stage/tls"
fi

# What this image's Nginx can do.
built=$(nginx -V 2>&1)
mkdir "$stage/enabled"
use_feature() { cp "$stage/features/$1.conf" "$stage/enabled/$2.conf"; }
if ls /etc/nginx/modules-enabled/*brotli*static* >/dev/null 2>&1; then use_feature brotli brotli; fi
openssl=$(printf '%s' "$built" | sed -n 's/.*running with OpenSSL \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
[ -n "$openssl" ] || openssl=$(printf '%s' "$built" | sed -n 's/.*built with OpenSSL \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
# shellcheck disable=SC2086 # Two numbers.
set -- ${openssl:-0 0}
if [ $(($1 * 100 + $2)) -ge 305 ]; then use_feature groups-hybrid groups; else use_feature groups-classic groups; fi
version=$(printf '%s' "$built" | sed -n 's/.*nginx\/\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*/\1 \2 \3/p')
# shellcheck disable=SC2086 # Three numbers.
set -- ${version:-0 0 0}
if [ $(($1 * 1000000 + $2 * 1000 + $3)) -ge 1027004 ]; then use_feature keepalive-min-timeout keepalive-min-timeout; fi
if [ -f "$stage/features/http3-site.conf" ] && printf '%s' "$built" | grep -q http_v3_module; then
    use_feature http3-site site-http3
    use_feature http3-unknown unknown-http3
fi

printf 'location = /stage {\n    return 200 "%s\\n";\n}\n' "${stage##*/}" >"$stage/enabled/probe-stage.conf"

# A test opens the log, and a reload does; neither may wait for the pipe's reader.
sh "$bin/error-log.sh" pipe
exec 8<>"$run/errors"

if ! answer=$(nginx -t -q -c "$stage/nginx.conf" 2>&1); then
    # Without time, process and the folder that is about to go, its words name the line that is at fault.
    answer=$(printf '%s' "$answer" | sed "s#$stage/##g; s/^[0-9/]* [0-9:]* \[\([a-z]*\)\] [0-9#]*: */\1: /")
    abandon "nginx -t: $answer"
fi

# Workers that take connections; those that are ending have another title.
workers() {
    for process in /proc/[0-9]*/cmdline; do
        case $(tr '\0' ' ' 2>/dev/null <"$process") in
        "nginx: worker process is "*) ;;
        "nginx: worker process"*) echo "$process" ;;
        esac
    done
}
switch_to() {
    ln -sfn "$1" "$run/current.next"
    mv -T "$run/current.next" "$run/current"
}
previous=$(readlink "$run/current" || true)
switch_to "$stage"

if [ -s "$run/nginx.pid" ]; then
    # An old worker that ends closes kept HTTP/1.1 connections without a word, and a client may just be sending on one.
    # For two seconds every answer says `Connection: close`, so that busy clients have left before that. Workers look at
    # the flag once a second.
    touch "$run/closing"
    trap 'rm -f "$run/closing"' EXIT
    sleep 3
    old_workers=$(workers)
    kill -HUP "$(cat "$run/nginx.pid")"
    tries=0
    until [ "$(curl -s --max-time 1 http://127.0.0.1:9180/stage)" = "${stage##*/}" ]; do
        tries=$((tries + 1))
        if [ "$tries" -ge 100 ]; then
            if [ -n "$previous" ]; then
                switch_to "$previous"
                kill -HUP "$(cat "$run/nginx.pid")"
            fi
            abandon "Nginx did not take the configuration over within 10 s; its log says why. The one before is in place again."
        fi
        sleep 0.1
    done
    # New workers answer a moment before the old ones hear that they have to go.
    tries=0
    while [ "$tries" -lt 50 ]; do
        still=""
        for process in $(workers); do
            if printf '%s\n' "$old_workers" | grep -qx "$process"; then still=yes; fi
        done
        [ -n "$still" ] || break
        tries=$((tries + 1))
        sleep 0.1
    done
fi

for old in "$run"/stages/*; do
    case $old in "$stage" | "$previous") ;; *) rm -rf "$old" ;; esac
done
echo "loaded ${set_dir##*/}${missing:+, without$missing}"
