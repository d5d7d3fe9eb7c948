#!/bin/sh
# error-log.sh: makes the pipe that Nginx writes the errors of requests to, and starts its reader unless there is one.
#
# Nginx writes a request's line and its referrer into its error log, and query strings hold one-time tokens. No setting of
# Nginx leaves them out, so the reader does before a line reaches the container's output. It keeps the pipe open for
# writing as well: so Nginx never waits for it when it opens the pipe. If the reader dies, messages are lost until
# watch.sh starts it again, and no request waits for that.
set -eu

run=/run/berth
if [ ! -p "$run/errors" ]; then
    rm -f "$run/errors"
    mkfifo -m 0600 "$run/errors"
fi
if [ "${1:-}" = pipe ]; then exit 0; fi
program=""
{ read -r reader <"$run/errors.pid" && read -r program <"/proc/$reader/comm"; } 2>/dev/null || true
if [ "$program" = sed ]; then exit 0; fi
# A query ends before the protocol, at a closing quotation mark, or at the end of a line that Nginx has cut.
# Standard error is the container's log.
sed -u -e 's/?[^ ]* HTTP\//?(hidden) HTTP\//g' -e 's/?[^ ]*",/?(hidden)",/g' -e 's/?[^ ]*"$/?(hidden)"/' \
    -e 's/?[^ ]*[^ "]$/?(hidden)/' <>"$run/errors" >&2 &
echo $! >"$run/errors.pid"
