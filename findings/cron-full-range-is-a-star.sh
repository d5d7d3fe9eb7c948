#!/usr/bin/env bash
# cron 4.4.0 beside croner 11.0.1 and cron-parser 5.10.6.
#
# Behaviour: when both the day of the month and the day of the week are given, a line of cron runs on
# the days of either. `cron` takes a range that covers all values (1-31, 0-6) for a star, so that only
# the other field decides. The two others take it for a restriction, so that the line runs every day.
# An expert expects: one meaning, the one of crontab(5), from libraries that all say they parse it.
# Seen: the next four days of each.
# Why it matters: a nightly job that moves from a crontab, or from one library to another, runs on
# other days than it did; a monthly invoice that was written "0 0 13 * 0-6" goes out every night.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages cron@4.4.0 croner@11.0.1 cron-parser@5.10.6

cat >try.mjs <<'EOF'
import { CronTime } from "cron";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

const from = new Date("2026-01-01T12:00:00Z");
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const name = (date) => `${days[date.getUTCDay()]} ${date.toISOString().slice(5, 10)}`;
const libraries = {
  cron(line) {
    const time = new CronTime(line, "UTC");
    let last = from;
    return [1, 2, 3, 4].map(() => (last = time.getNextDateFrom(last, "UTC").toJSDate()));
  },
  croner: (line) => new Cron(line, { timezone: "UTC" }).nextRuns(4, from),
  "cron-parser"(line) {
    const times = CronExpressionParser.parse(line, { currentDate: from, tz: "UTC" });
    return [1, 2, 3, 4].map(() => times.next().toDate());
  },
};
for (const line of ["0 0 13 * 0-6", "0 0 1-31 * 1", "0 0 1-30 * 1"]) {
  for (const [library, next] of Object.entries(libraries)) {
    console.log(`${line}  ${library}: ${next(line).map(name).join(", ")}`);
  }
}
EOF

as_described "$(node try.mjs)" <<'EOF'
0 0 13 * 0-6  cron: Tue 01-13, Fri 02-13, Fri 03-13, Mon 04-13
0 0 13 * 0-6  croner: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
0 0 13 * 0-6  cron-parser: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
0 0 1-31 * 1  cron: Mon 01-05, Mon 01-12, Mon 01-19, Mon 01-26
0 0 1-31 * 1  croner: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
0 0 1-31 * 1  cron-parser: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
0 0 1-30 * 1  cron: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
0 0 1-30 * 1  croner: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
0 0 1-30 * 1  cron-parser: Fri 01-02, Sat 01-03, Sun 01-04, Mon 01-05
EOF
