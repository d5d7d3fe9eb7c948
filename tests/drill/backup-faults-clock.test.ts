import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BackupStand } from "../support/backup-stand.ts";
import { eventually } from "../support/eventually.ts";
import { movedClock, type MovedClock } from "../support/moved-clock.ts";
import { rowWriters, type RowWriters } from "../support/row-writers.ts";
import { standCommands, type StandCommands } from "../support/stand-commands.ts";

const library = "/faketime/libfaketime.so.1";
const folder = "/faketime/clock";
/** Seconds that the clock is wrong by. */
const jump = 150;
/**
 * Python sleeps until a moment of the monotonic clock, which libfaketime 0.9.10 refuses (EINVAL) if
 * that clock is left alone; it waits for an event with a bound all the same.
 */
const sleeps = `import threading, time
time.sleep = lambda seconds: threading.Event().wait(seconds) and None
`;
const found = await movedClock();

await describe(
  "the host's clock jumps",
  { timeout: 2_400_000, ...(found instanceof Error ? { skip: found.message } : {}) },
  () => {
    const clock = found as MovedClock;
    const stand = new BackupStand();
    let writers: RowWriters;
    let commands: StandCommands;

    const holds = () =>
      stand.reported(({ problems }) => {
        assert.deepEqual(problems, []);
      }, 900_000);

    before(async () => {
      writeFileSync(join(clock.folder, "sitecustomize.py"), sleeps);
      const environment = Object.entries({
        ...clock.environment(library, folder),
        PYTHONPATH: `${folder}:/opt/berth`,
      });
      const run = [
        ...["--volume", `${clock.library}:${library}:ro`, "--volume", `${clock.folder}:${folder}:ro`],
        ...environment.flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ];
      await stand.prepare([], [], run);
      commands = await standCommands(stand);
      writers = await rowWriters(stand);
      await stand.keep({ settings: {}, run });
      await holds();
    });
    after(async () => {
      clock.remove();
      commands.remove();
      await stand.remove();
    });

    test("ahead: backups and proofs go on", async () => {
      await clock.advance(jump);
      await holds();
      await stand.work("backup", "full");
      await stand.work("prove");
      await holds();
      await writers.more(20);
    });

    test("back: a backup that cannot be made is said with the reason, and the policy holds again by itself", async (t) => {
      await clock.advance(-jump);
      await assert.rejects(
        stand.work("backup", "full"),
        /the clock was wrong when the newest backup was made/,
      );
      const { problems } = await stand.reported(({ healthy, problems: said }) => {
        assert.equal(healthy, false);
        assert.match(said.join("\n"), /the last backup failed: the clock was wrong/);
      });
      t.diagnostic(problems.join("; "));
      assert.equal((await commands.berth("backups")).status, 1);
      await writers.more(20);
      await stand.work("prove");
      await eventually(() => stand.work("backup", "full"), 900_000);
      await holds();
      assert.equal((await commands.berth("backups")).status, 0);
      assert.deepEqual(await writers.lost(), []);
    });
  },
);
