#!/usr/bin/env bash
# npm's croner 11.0.0, cron-parser 5.10.6, cron 4.4.0 and cronosjs 1.7.1; Go's robfig/cron v3.0.1.
# Needs Go as well.
#
# Behaviour: all of them know time zones, yet read the same line differently on the two days on which
# the clock changes (Europe/Berlin, 29 March and 25 October 2026).
# An expert expects: care is needed for jobs between 2 and 3 at night; a job of every hour is safe, as
# each hour has a quarter past.
# Seen (in UTC): for "15 * * * *", cron and cronosjs add a run at 01:00 in spring, and cronosjs leaves
# out 01:15 in autumn, a hole of two hours. For the nightly "30 2 * * *" there is in spring a run at 01:00, one at
# 01:30, or none; in autumn one, with robfig/cron two.
# Why it matters: which of them a scheduler is built on decides whether a bill is sent twice; pg-boss
# builds on cron-parser, many Go tools on robfig/cron. An alert "no run for 90 minutes" fires, too.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages croner@11.0.0 cron-parser@5.10.6 cron@4.4.0 cronosjs@1.7.1
go_packages github.com/robfig/cron/v3@v3.0.1

cat >try.mjs <<'EOF'
import { CronTime } from "cron";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import { CronosExpression } from "cronosjs";

const timezone = "Europe/Berlin";
const libraries = {
  croner: (line) => (after) => new Cron(line, { timezone, paused: true }).nextRun(after),
  "cron-parser": (line) => (after) =>
    CronExpressionParser.parse(line, { tz: timezone, currentDate: after }).next().toDate(),
  cron: (line) => (after) => new CronTime(line, timezone).getNextDateFrom(after, timezone).toJSDate(),
  cronosjs: (line) => (after) => CronosExpression.parse(line, { timezone }).nextDate(after),
};
for (const line of ["15 * * * *", "30 2 * * *"]) {
  for (const day of ["2026-03-29", "2026-10-25"]) {
    for (const [name, prepare] of Object.entries(libraries)) {
      const next = prepare(line);
      const end = new Date(`${day}T03:00Z`);
      const runs = [];
      for (let at = next(new Date(`${day}T00:00Z`)); at < end; at = next(at)) {
        runs.push(at.toISOString().slice(11, 16));
      }
      console.log(`${line} on ${day}, ${name}: ${runs.join(" ") || "none"}`);
    }
  }
}
EOF

cat >main.go <<'EOF'
package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

func main() {
	for _, line := range []string{"15 * * * *", "30 2 * * *"} {
		schedule, err := cron.ParseStandard("CRON_TZ=Europe/Berlin " + line)
		if err != nil {
			panic(err)
		}
		for _, day := range []string{"2026-03-29", "2026-10-25"} {
			start, err := time.Parse(time.DateOnly, day)
			if err != nil {
				panic(err)
			}
			var runs []string
			for at := schedule.Next(start); at.Before(start.Add(3 * time.Hour)); at = schedule.Next(at) {
				runs = append(runs, at.UTC().Format("15:04"))
			}
			if runs == nil {
				runs = []string{"none"}
			}
			fmt.Printf("%s on %s, robfig/cron: %s\n", line, day, strings.Join(runs, " "))
		}
	}
}
EOF

as_described "$(node try.mjs && go run .)" <<'EOF'
15 * * * * on 2026-03-29, croner: 00:15 01:15 02:15
15 * * * * on 2026-03-29, cron-parser: 00:15 01:15 02:15
15 * * * * on 2026-03-29, cron: 00:15 01:00 01:15 02:15
15 * * * * on 2026-03-29, cronosjs: 00:15 01:00 01:15 02:15
15 * * * * on 2026-10-25, croner: 00:15 01:15 02:15
15 * * * * on 2026-10-25, cron-parser: 00:15 01:15 02:15
15 * * * * on 2026-10-25, cron: 00:15 01:15 02:15
15 * * * * on 2026-10-25, cronosjs: 00:15 02:15
30 2 * * * on 2026-03-29, croner: 01:00
30 2 * * * on 2026-03-29, cron-parser: 01:30
30 2 * * * on 2026-03-29, cron: 01:00
30 2 * * * on 2026-03-29, cronosjs: 01:00
30 2 * * * on 2026-10-25, croner: 00:30
30 2 * * * on 2026-10-25, cron-parser: 00:30
30 2 * * * on 2026-10-25, cron: 00:30
30 2 * * * on 2026-10-25, cronosjs: 00:30
15 * * * * on 2026-03-29, robfig/cron: 00:15 01:15 02:15
15 * * * * on 2026-10-25, robfig/cron: 00:15 01:15 02:15
30 2 * * * on 2026-03-29, robfig/cron: none
30 2 * * * on 2026-10-25, robfig/cron: 00:30 01:30
EOF
