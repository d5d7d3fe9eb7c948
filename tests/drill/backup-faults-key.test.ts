import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BackupStand } from "../support/backup-stand.ts";
import { rowWriters, type RowWriters } from "../support/row-writers.ts";
import { standCommands, type StandCommands } from "../support/stand-commands.ts";

await describe("the key of the backups is another one", { timeout: 1_200_000 }, () => {
  const stand = new BackupStand();
  let writers: RowWriters;
  let commands: StandCommands;

  const holds = () =>
    stand.reported(({ problems }) => {
      assert.deepEqual(problems, []);
    }, 600_000);

  before(async () => {
    await stand.prepare();
    commands = await standCommands(stand);
    writers = await rowWriters(stand);
    await stand.upload("public/one.txt", "one");
    await stand.keep({ settings: {} });
    await holds();
  });
  after(async () => {
    commands.remove();
    await stand.remove();
  });

  // Most wrong keys make bytes that pgBackRest takes for a broken file.
  for (const letter of ["a", "b"]) {
    test(`it is said with the setting and the fix, and the database goes on (${letter})`, async () => {
      await stand.keep({ settings: { backupKey: letter.repeat(64) } });
      await stand.reported(({ healthy, problems }) => {
        assert.equal(healthy, false);
        const fix = new RegExp(
          `volume: backupKey is not the key.*pulumi config set --secret backupKey --stack ${stand.stack}`,
        );
        assert.match(problems.join("\n"), fix);
      });
      const { status, stdout } = await commands.berth("backups");
      assert.equal(status, 1);
      assert.match(stdout, /policy +does not hold/);
      assert.match(stdout, /backupKey is not the key/);
      const metrics = await commands.berth("backups", "--metrics");
      assert.equal(metrics.status, 1);
      assert.match(metrics.stdout, /^berth_backup_healthy\{.*\} 0$/m);
      const restored = await commands.berth("restore", "--to", "latest");
      assert.equal(restored.status, 1);
      assert.match(restored.stderr, /nothing has changed: volume: backupKey is not the key/);
      await writers.more(20);
    });
  }

  test("the key of then opens it again, without a gap or another backup", async () => {
    await stand.keep({ settings: {} });
    const { repositories } = await holds();
    assert.deepEqual([repositories[0]?.backups.length, repositories[0]?.gaps], [1, []]);
    assert.deepEqual(await writers.lost(), []);
    assert.equal((await commands.berth("backups")).status, 0);
  });
});
