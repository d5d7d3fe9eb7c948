#!/usr/bin/env bash
# date-fns-tz 3.2.0 with date-fns 4.4.0, on Node 24.21.0.
#
# Behaviour: formatInTimeZone() shifts the moment until the host's local time reads like the zone's, and
# prints that. In the hour that the host's own clock skips in spring there is no such local time, so what
# it prints is an hour off, for every zone, UTC too.
# An expert expects: zone and moment decide. The function is there so that the host's zone does not
# matter, and toZonedTime() followed by fromZonedTime() gives the moment back.
# Seen: on a host in Berlin 02:30 UTC on 29 March 2026 is 03:30 "in UTC", as is the moment an hour later,
# and the way there and back moves it by an hour. On a host in UTC all is right; so is Intl, on both.
# Why it matters: for an hour a year, two moments have the same text on hosts that do not run in UTC, and
# a job that reads its own text back repeats or skips an hour. CI, which runs in UTC, cannot see it.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages date-fns-tz@3.2.0 date-fns@4.4.0

cat >try.mjs <<'EOF'
import { formatInTimeZone, fromZonedTime, toZonedTime } from "date-fns-tz";

for (const text of ["2026-03-29T01:30:00.000Z", "2026-03-29T02:30:00.000Z", "2026-03-29T03:30:00.000Z"]) {
  const moment = new Date(text);
  const intl = moment.toLocaleTimeString("en-GB", { timeZone: "UTC", timeStyle: "short" });
  const back = fromZonedTime(toZonedTime(moment, "UTC"), "UTC").toISOString();
  console.log(
    `host in ${process.env.TZ}, ${text.slice(11, 16)} UTC: ` +
      `formatInTimeZone ${formatInTimeZone(moment, "UTC", "HH:mm")}, Intl ${intl}, there and back ${back === text}`,
  );
}
EOF

as_described "$(TZ=UTC node try.mjs && TZ=Europe/Berlin node try.mjs)" <<'EOF'
host in UTC, 01:30 UTC: formatInTimeZone 01:30, Intl 01:30, there and back true
host in UTC, 02:30 UTC: formatInTimeZone 02:30, Intl 02:30, there and back true
host in UTC, 03:30 UTC: formatInTimeZone 03:30, Intl 03:30, there and back true
host in Europe/Berlin, 01:30 UTC: formatInTimeZone 01:30, Intl 01:30, there and back true
host in Europe/Berlin, 02:30 UTC: formatInTimeZone 03:30, Intl 02:30, there and back false
host in Europe/Berlin, 03:30 UTC: formatInTimeZone 03:30, Intl 03:30, there and back true
EOF
