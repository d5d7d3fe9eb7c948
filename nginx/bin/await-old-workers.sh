#!/bin/sh
# await-old-workers.sh SECONDS: waits until Nginx's old workers have ended, SECONDS at most; prints how many that took.
#
# Old workers go on with the requests they have. Only when they are gone may the containers behind them go.
set -eu

old_workers() {
    for process in /proc/[0-9]*/cmdline; do
        if tr '\0' ' ' 2>/dev/null <"$process" | grep -q '^nginx: worker process is shutting down'; then echo "$process"; fi
    done
}
waited=0
while [ -n "$(old_workers)" ] && [ "$waited" -lt $(($1 * 5)) ]; do
    waited=$((waited + 1))
    sleep 0.2
done
echo $((waited / 5))
