#!/bin/sh
# Admits a container: puts its process limit in force and waits until its own check passes.
# Usage: admit-container.sh COMMAND [ARGUMENT …]   the check, run inside the container
# Environment: CONTAINER (id), PART (its name in messages), PIDS (limit), ADMIT_TIMEOUT (seconds)
# On failure: exit 1, with the reason and the container's last log lines on stderr.
set -eu

fail() {
  echo "$PART did not become healthy: $1" >&2
  echo "The last lines of its log:" >&2
  docker logs --tail 30 "$CONTAINER" 2>&1 | sed 's/^/  /' >&2
  exit 1
}

docker update --pids-limit "$PIDS" "$CONTAINER" >/dev/null 2>&1 || true
# A kernel that limits no processes is for `berth doctor` to name.
limit=$(docker inspect --format '{{.HostConfig.PidsLimit}}' "$CONTAINER") || fail "it is gone"
if [ "$limit" != "$PIDS" ] && [ "$(docker info --format '{{.PidsLimit}}')" = true ]; then
  fail "its limit of $PIDS processes is not in force"
fi

# Asked in there, five times a second, for five seconds: to enter a container takes more than most checks.
# shellcheck disable=SC2016 # Expanded in there.
ask='left=25
until said=$("$@" 2>&1); do
  left=$((left - 1))
  if [ "$left" -eq 0 ]; then printf "%s\n" "$said"; exit 1; fi
  sleep 0.2
done'

# An image need not have a shell.
ask_once() {
  if docker exec "$CONTAINER" sh -c : >/dev/null 2>&1; then
    docker exec "$CONTAINER" sh -c "$ask" sh "$@" 2>&1
  else
    docker exec "$CONTAINER" "$@" 2>&1
  fi
}

deadline=$(($(date +%s) + ADMIT_TIMEOUT))
while :; do
  state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}' "$CONTAINER") ||
    fail "it is gone"
  status=${state%% *}
  counts=${state#* }
  restarts=${counts% *}
  if [ "$status" = exited ] || [ "$status" = dead ] || [ "$restarts" -ge 3 ]; then
    fail "it exits by itself (exit code ${counts#* }, started again $restarts times)"
  fi
  if [ "$status" = running ] && answer=$(ask_once "$@"); then
    exit 0
  fi
  if [ "$(date +%s)" -ge "$deadline" ]; then
    fail "its check still fails after $ADMIT_TIMEOUT seconds${answer:+, saying: $answer}"
  fi
  sleep 0.2
done
