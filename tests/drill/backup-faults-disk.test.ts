import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BackupStand } from "../support/backup-stand.ts";
import { docker } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { rowWriters, type RowWriters } from "../support/row-writers.ts";
import { standCommands, type StandCommands } from "../support/stand-commands.ts";

/** A file system in memory, with so many MiB. */
const inMemory = (mebibytes: number) => [
  ...["--driver", "local", "--opt", "type=tmpfs", "--opt", "device=tmpfs"],
  ...["--opt", `o=size=${mebibytes}m,uid=999,gid=999,mode=0700`],
];

await describe("a disk is full", { timeout: 2_400_000 }, () => {
  const stand = new BackupStand();
  let writers: RowWriters;
  let commands: StandCommands;
  /** Holds the volumes, which are gone when nothing uses them, and is a shell on them. */
  let holder: string;

  const onDisk = (script: string) => docker(["exec", holder, "bash", "-euc", script]);
  /** Fills a disk up to its last bytes, or until so many MiB are left. */
  const fill = (disk: string, left = 0) =>
    onDisk(
      `free=$(($(stat -f -c '%a * %S' ${disk}) / 1048576 - ${left})); dd if=/dev/zero of=${disk}/ballast-$free-${left} bs=1M count=$((free + ${left === 0 ? 1 : 0})) status=none || [ ${left} = 0 ]`,
    );
  const holds = () =>
    stand.reported(({ problems }) => {
      assert.deepEqual(problems, []);
    }, 900_000);
  const fails = async (reason: RegExp) => {
    const { problems } = await stand.reported((report) => {
      assert.equal(report.healthy, false);
      assert.match(report.problems.join("\n"), reason);
    }, 300_000);
    const { status, stdout } = await commands.berth("backups");
    assert.equal(status, 1, stdout);
    return problems.join("; ");
  };

  before(async () => {
    await stand.prepare(inMemory(1500), inMemory(1200));
    holder = await stand.scratch.start(
      stand.image,
      [
        ...["--user", "0:0", "--network", "none", "--entrypoint", "sleep"],
        ...["--volume", `${stand.backupsVolume}:/backups`, "--volume", `${stand.dataVolume}:/data`],
      ],
      ["infinity"],
    );
    commands = await standCommands(stand);
    writers = await rowWriters(stand);
    await stand.keep({ settings: {} });
    await holds();
  });
  after(async () => {
    commands.remove();
    await stand.remove();
  });

  test("the repository's: archiving stops before the last bytes, and a full backup follows by itself", async (t) => {
    await fill("/backups", 300);
    t.diagnostic(
      await fails(/archiving is stopped: the disk of the backups' volume has less than 512 MiB left/),
    );
    await writers.more(20);
    // Not even what the program remembers has room.
    await fill("/backups");
    await writers.more(20);
    t.diagnostic(await fails(/archiving is stopped/));
    await assert.rejects(stand.work("backup", "full"));
    await onDisk("rm /backups/ballast-*");
    await holds();
    assert.equal((await commands.berth("backups")).status, 0);
    assert.deepEqual(await writers.lost(), []);
  });

  test("the data's: it is said before it is full, and afterwards every acknowledged row is there", async (t) => {
    await fill("/data", 300);
    t.diagnostic(await fails(/the disk of Postgres' data has less than 512 MiB left/));
    await writers.more(20);
    await fill("/data");
    // Postgres ends when there is no room for its log, and starts once there is.
    const before = await writers.acknowledged();
    await docker(["exec", stand.postgres, "psql", "-U", "postgres", "-c", "select pg_switch_wal()"]).catch(
      () => undefined,
    );
    await onDisk("rm /data/ballast-*");
    await docker(["start", stand.postgres]);
    await stand.answers();
    await eventually(() => writers.more(20), 300_000);
    await holds();
    assert.ok((await writers.acknowledged()).length > before.length);
    assert.deepEqual(await writers.lost(), []);
  });
});
