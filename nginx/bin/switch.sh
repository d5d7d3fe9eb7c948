#!/bin/sh
# switch.sh SET RELEASE ANSWERS DRAIN: makes SET the one that is served, and returns when its replicas answer through it.
#
# RELEASE is its name for people, ANSWERS how many answers in a row must come from the set's replicas, DRAIN how many seconds old workers may take to finish.
# On failure the previous set is loaded again and the exit code is 1, with the reason on standard error.
set -eu

set_dir=/etc/berth/sets/$1
release=$2
answers=$3
drain=$4
run=/run/berth
bin=$set_dir/bin

# A container that was only just created takes the committed set by itself; wait until it has.
tries=0
until [ -s "$run/nginx.pid" ]; do
    tries=$((tries + 1))
    if [ "$tries" -ge 150 ]; then
        echo "Nginx did not start within 30 s; its container's log says why." >&2
        exit 1
    fi
    sleep 0.2
done

# Who is part of a release was admitted; a mark that an interrupted roll left on it is outdated.
while read -r name; do rm -f "/var/lib/berth/state/out-of-service/$name"; done <"$set_dir/upstreams"
previous=$(cat "$run/current/set")
sh "$bin/reload.sh" "$set_dir" strict

back() {
    if [ "$previous" != "$set_dir" ] && [ -d "$previous" ]; then sh "$bin/reload.sh" "$previous" >&2 || true; fi
    echo "$1" >&2
    exit 1
}

# answers_from ADDRESSES PATH COUNT WHO: waits for COUNT answers in a row.
answers_from() {
    row=0
    tries=0
    while [ "$row" -lt "$3" ]; do
        answer=$(curl -s --max-time 5 -o /dev/null -w '%{http_code} from %header{x-upstream}' "http://127.0.0.1:9180/$2") || true
        address=${answer#* from }
        address=${address%:*}
        case $answer in
        2*) if printf '%s\n' "$1" | grep -qxF "$address"; then row=$((row + 1)); else row=0; fi ;;
        *) row=0 ;;
        esac
        tries=$((tries + 1))
        if [ "$tries" -ge $(($3 + 50)) ]; then
            back "$4 did not answer through Nginx; the last answer was ${answer:-none}. What was served before is served again."
        fi
        [ "$row" -gt 0 ] || sleep 0.3
    done
}

# Replicas are told apart by their addresses. Not each of them has to be seen: one with long streams is asked last, and all
# were admitted by their own checks.
own=$(awk '$2 != "-" && $3 != "out" { print $2 }' "$run/current/addresses")
answers_from "$own" release "$answers" "Release $release"
tried=$(sed -n '/^upstream application_canary /,/^}/s/^ *server \([0-9.]*\):[0-9]* max_fails=3 fail_timeout=5s;.*/\1/p' "$run/current/upstream.conf")
if [ -n "$tried" ]; then answers_from "$tried" canary 2 "The canary beside release $release"; fi

echo "Release $release answers through Nginx; old connections had $(sh "$bin/await-old-workers.sh" "$drain") s of $drain s to finish."
