#!/bin/bash
# Exit code 0 when the worker in this container has started and is not stuck: it serves nothing but its metrics. Node would
# take 150 ms to ask.
exec 3<> "/dev/tcp/127.0.0.1/${METRICS_PORT:-9464}" || exit 1
printf 'HEAD /metrics HTTP/1.0\r\n\r\n' >&3
read -r -t 4 status <&3
[[ $status == 'HTTP/1.1 200 '* ]]
