#!/usr/bin/env bash
# node-cron 4.6.0 beside croner 11.0.0, cron 4.4.0, cronosjs 1.7.1 and node-schedule 2.1.1.
#
# Behaviour: if the process is busy when a job is due and gets to it later than missedExecutionTolerance,
# which is a second, node-cron does not run the job. It warns, emits execution:missed, and waits
# for the next time in the line.
# An expert expects: a timer that is late fires late. The job runs once the process is free, as with the
# other four; what is lost is at most a second run in the same stall.
# Seen: the process is busy from half a second before the minute's job to 4.5 s after. Four of the five
# run the job then; node-cron does not.
# Why it matters: a big JSON.parse, a synchronous hash, a paused virtual machine, or a second job of the
# same minute is enough, and the nightly backup or the month's bills wait for the next night or month.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages node-cron@4.6.0 croner@11.0.0 cron@4.4.0 cronosjs@1.7.1 node-schedule@2.1.1

cat >try.mjs <<'EOF'
import { setTimeout as sleep } from "node:timers/promises";
import { CronJob } from "cron";
import { scheduleTask } from "cronosjs";
import { Cron } from "croner";
import nodeCron from "node-cron";
import nodeSchedule from "node-schedule";

// The job of every minute at this second; the next one is three to four seconds away.
const due = Math.ceil(Date.now() / 1000) * 1000 + 3000;
const line = `${new Date(due).getSeconds()} * * * * *`;
const happened = {};
const run = (name) => () => (happened[name] = "ran");
const task = nodeCron.schedule(line, run("node-cron"), { suppressMissedWarning: true });
task.on("execution:missed", () => (happened["node-cron"] = "missed"));
new Cron(line, run("croner"));
new CronJob(line, run("cron"), null, true);
scheduleTask(line, run("cronosjs"));
nodeSchedule.scheduleJob(line, run("node-schedule"));
await sleep(due - 500 - Date.now());
while (Date.now() < due + 4500);
await sleep(3000);
for (const name of ["node-cron", "croner", "cron", "cronosjs", "node-schedule"]) {
  console.log(`${name}: ${happened[name] ?? "nothing"}`);
}
process.exit();
EOF

as_described "$(node try.mjs)" <<'EOF'
node-cron: missed
croner: ran
cron: ran
cronosjs: ran
node-schedule: ran
EOF
