#!/bin/sh
# Puts a new Nginx in the place of the one before, without a failed request: it gets the same listening sockets and serves the
# same committed set; then the one before accepts nothing more, finishes what it has, and is stopped.
# Usage: hand-over-proxy.sh
# Standard input: the files of nginx/listener and nginx/bin, as a script that writes them (infra/rendering/file-bundle.ts)
# Environment: PROXY and LISTENER (ids of the new Nginx's container, and of the one that publishes the ports), PROJECT, STACK,
#              FILES (name of the folder of those files), DRAIN (seconds that old requests may take),
#              SHARED_NETWORK (of stacks that this proxy passes connections on to; none if unset)
# On failure: exit 1 with the reason. The Nginx before serves; the next run tries again.
set -eu

folder=/etc/berth/listener/$FILES
# shellcheck disable=SC2016 # Expanded in there.
link='ln -sfn "$2" "$1.next" && mv -T "$1.next" "$1"'
as_root() { docker exec --user 0:0 "$@"; }
is_healthy() { docker exec "$PROXY" curl -fs --max-time 3 -o /dev/null http://127.0.0.1:9180/health 2>/dev/null; }

fail() {
  echo "The new Nginx did not take over: $1. The one before serves." >&2
  echo "The last lines of the new one's log:" >&2
  docker logs --tail 15 "$PROXY" 2>&1 | grep -v '"msg":"access"' | sed 's/^/  /' >&2
  exit 1
}
deadline=$(($(date +%s) + 60))

# Root inside the container, without any capability, owns the configuration volume.
as_root --interactive "$PROXY" sh -s "$folder" || fail "its container does not take files"

# A stack of an earlier version has Nginx in the container that publishes the ports. That one stays for the ports alone.
earlier=""
serves=""
if [ "$(docker inspect --format '{{index .Config.Labels "berth.part"}}' "$LISTENER")" = nginx ]; then
  earlier=yes
  if docker exec "$LISTENER" test -s /run/berth/nginx.pid -a -e /run/berth/current/upstreams; then serves=yes; fi
fi
# What it starts as from now on, after a restart of the engine too; one that still waits for a first set takes it at once.
stay_for_ports() { as_root "$LISTENER" sh -c "$link" sh /etc/berth/desired "$folder/idle"; }

# Nothing is served before the first release, which the traffic switch brings.
# shellcheck disable=SC2016 # Expanded in there.
ask='if [ -e /etc/berth/committed ] || [ -e /etc/berth/desired/upstreams ]; then echo yes; else echo no; fi'
answer=$(docker exec "$PROXY" sh -c "$ask") || fail "its container cannot be asked what is served"
if [ "$answer" = no ]; then
  if [ -n "$earlier" ]; then stay_for_ports; fi
  exit 0
fi

if [ -n "$serves" ]; then
  shared=$(as_root "$LISTENER" sh "$folder/share-ports.sh")
  # Its set may be of a version that has this script by another name.
  # shellcheck disable=SC2016 # Expanded in there.
  docker exec "$LISTENER" sh -c 'cd "$1/bin"; if [ -e reload.sh ]; then sh reload.sh "$1"; else sh load.sh "$1"; fi' sh "$shared" >/dev/null
  docker exec "$LISTENER" sh "$folder/idle/bin/watch.sh"
fi
before=$(as_root "$PROXY" sh "$folder/renew-scripts.sh")

undo() {
  if [ -n "$before" ]; then
    as_root "$PROXY" sh -c "$link" sh /etc/berth/committed "$before"
  fi
  # Nobody would accept what comes to the sockets that it was given.
  if [ -n "$serves" ]; then
    docker exec "$LISTENER" sh "$folder/idle/bin/stop-holder.sh" || true
    docker restart -t 1 "$PROXY" >/dev/null
  fi
}
until is_healthy; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    undo || true
    fail "it does not answer within 60 s"
  fi
  sleep 0.2
done

if [ -n "$earlier" ]; then
  stay_for_ports
  if [ -n "$serves" ]; then docker exec "$LISTENER" sh "$folder/idle/bin/leave.sh" "$DRAIN"; fi
fi
others=$(docker ps --quiet --no-trunc --filter "label=berth.stack=$STACK" --filter "label=berth.project=$PROJECT" \
  --filter label=berth.part=nginx)
for other in $others; do
  case $other in "$PROXY" | "$LISTENER") continue ;; esac
  # Clients leave kept connections before they are closed, as nginx/bin/reload.sh does it.
  docker exec "$other" touch /run/berth/closing
  sleep 3
  docker stop -t $((DRAIN + 5)) "$other" >/dev/null &
  if [ -n "${SHARED_NETWORK:-}" ]; then
    # It accepts nothing more. What it has passed on are whole connections, which only the Nginx behind can end in order.
    sleep 1
    sh "$(dirname "$0")/reload-joined.sh" "$SHARED_NETWORK"
  fi
  wait $!
done
