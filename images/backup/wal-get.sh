#!/bin/sh
# Gives a restored server a file of the write-ahead log: from a repository, or from what waits for one. Called for every
# segment, hence no Python. Postgres takes 1 for "there is no more", and ends at more than 125: a damaged file must not
# look like the end of the log. https://www.postgresql.org/docs/17/archive-recovery-settings.html
name=$1 path=$PWD/$2
pgbackrest --config=/tmp/berth/pgbackrest.conf --stanza=main --log-level-console=error --pg1-path="$PWD" \
  archive-get "$name" "$path"
code=$?
[ "$code" = 0 ] && exit 0
[ "$code" = 1 ] || exit 255
for waiting in "/var/lib/berth/backups/wal/$name" "/var/lib/berth/backups/wal/$name.partial"; do
  if [ -s "$waiting" ]; then
    cp "$waiting" "$path" && exit 0
    exit 255
  fi
done
exit 1
