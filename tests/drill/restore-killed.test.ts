import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BackupStand } from "../support/backup-stand.ts";
import { docker } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { standCommands, type StandCommands } from "../support/stand-commands.ts";

const tables = ["customers", "media"];

await describe("a restore is killed at each of its steps", { timeout: 2_400_000 }, () => {
  const stand = new BackupStand();
  let commands: StandCommands;
  let moment = "";
  let then = "";
  let present = "";

  const everything = () => stand.everything(tables);
  const restore = async (...words: string[]) => {
    const { status, stdout, stderr } = await commands.berth("restore", ...words);
    assert.equal(status, 0, `restore ${words.join(" ")}: ${stdout}${stderr}`);
  };
  const killed = async (call: string, ...words: string[]) => {
    const { status, stdout, stderr } = await commands.killedAfter(call, "restore", ...words);
    assert.notEqual(status, 0, `restore ${words.join(" ")} was not killed: ${stdout}${stderr}`);
    assert.doesNotMatch(stderr, /nothing to swap in/);
  };

  before(async () => {
    await stand.prepare();
    commands = await standCommands(stand);
    await stand.sql("create table customers (id int primary key, name text not null)");
    await stand.keep({ settings: {} });
    await stand.reported(({ repositories }) => {
      assert.equal(repositories[0]?.backups.length, 1);
    }, 600_000);
    await stand.sql("insert into customers select n, 'then ' || n from generate_series(1, 50) n");
    await stand.upload("public/then.txt", "then");
    await stand.uploadsKept();
    then = await everything();
    moment = await stand.sql("select to_json(clock_timestamp() at time zone 'UTC') #>> '{}'");
    await stand.sql("delete from customers where id % 2 = 0");
    await stand.removeUpload("public/then.txt");
    await stand.upload("public/now.txt", "now");
    present = await everything();
  });
  after(async () => {
    commands.remove();
    await stand.remove();
  });

  test("while it restores: nothing has changed, and the same command restores the moment", async () => {
    // The container that restores outlives the command.
    const label = `label=berth.stack=${stand.stack}`;
    const working = () =>
      docker(["ps", "--quiet", "--filter", label, "--filter", "label=berth.part=restore"]);
    const half = () =>
      docker(["exec", stand.postgres, "ls", "-d", "/var/lib/postgresql/data/restored.partial/base"]);
    const cut = () => eventually(half, 120_000);
    assert.ok(await commands.killedAt(cut, "restore", "--to", `${moment}Z`));
    assert.notEqual(await working(), "");
    assert.equal(await everything(), present);
    await restore("--to", `${moment}Z`);
    assert.equal(await working(), "");
    assert.equal(await everything(), present);
  });

  for (const call of ["run 1", "exec 1", "stop 1", "stop 2", "run 2", "start 1", "start 2"]) {
    test(`in its swap after ${call}, there and back: the same command goes on`, async () => {
      await killed(call, "swap", "--yes");
      await restore("swap", "--yes");
      await stand.answers();
      assert.equal(await everything(), then);
      await killed(call, "back", "--yes");
      await restore("back", "--yes");
      await stand.answers();
      assert.equal(await everything(), present, "the data of before is as it was");
      await stand.letIn(1024);
      await restore("drop", "--yes");
      await restore("--to", `${moment}Z`);
    });
  }
});
