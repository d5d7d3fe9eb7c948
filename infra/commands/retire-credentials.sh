#!/bin/sh
# Ends what still uses the credentials of the release before: lets its containers finish, then closes the database roles
# that the present release does not log in as. Containers that are stopped here are removed by Pulumi right after.
# Environment: PROJECT (any if unset), STACK, RELEASES (those that run, separated by spaces), POSTGRES (container id), ROLES (to close, separated by spaces), GRACE (seconds)
set -eu

old=$(docker ps --quiet --filter "label=berth.stack=$STACK" --filter "label=berth.project${PROJECT:+=$PROJECT}" --filter label=berth.release |
  xargs -r docker inspect --format '{{.Id}} {{index .Config.Labels "berth.part"}} {{index .Config.Labels "berth.release"}}' |
  awk -v releases=" $RELEASES " '($2 == "app" || $2 == "worker") && !index(releases, " " $3 " ") { print $1 }')
# shellcheck disable=SC2086 # one argument a container
[ -z "$old" ] || docker stop -t "$GRACE" $old >/dev/null

for role in $ROLES; do
  cat <<SQL
SELECT 'ALTER ROLE $role NOLOGIN PASSWORD NULL' WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') \gexec
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$role';
SQL
done | docker exec --interactive "$POSTGRES" psql --quiet --no-psqlrc --username postgres --dbname postgres \
  --set ON_ERROR_STOP=1 --command 'SET client_min_messages = warning' --file - >/dev/null
