import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BackupReport } from "../../cli/status/backup-report.ts";
import { BackupStand } from "../support/backup-stand.ts";
import { docker } from "../support/docker.ts";
import { rowWriters, type RowWriters } from "../support/row-writers.ts";

const amcheck = [
  ...["pg_amcheck", "--username", "postgres", "--all", "--install-missing"],
  ...["--heapallindexed", "--parent-check", "--rootdescend"],
];

await describe("faults of backups", { timeout: 1_800_000 }, () => {
  const stand = new BackupStand();
  let writers: RowWriters;
  /** Holds the volume of backups, which is in memory, and is a shell on it. */
  let holder: string;

  const onVolume = (script: string) => docker(["exec", holder, "sh", "-euc", `cd /backups; ${script}`]);
  const keepOnVolume = () => stand.keep({ settings: {}, below: { backupDays: 0, backupFulls: 2 } });
  /** The policy fails with words, and the database goes on meanwhile. */
  const broken = async (pattern: RegExp): Promise<BackupReport> => {
    const report = await stand.reported(({ healthy, problems }) => {
      assert.equal(healthy, false);
      assert.match(problems.join("\n"), pattern);
    }, 300_000);
    await writers.more(20);
    return report;
  };
  const mended = async () => {
    const report = await stand.reported(({ problems }) => {
      assert.deepEqual(problems, []);
    }, 600_000);
    assert.deepEqual(await writers.lost(), []);
    return report;
  };
  /** A file that is damaged in one byte. */
  const flip = (find: string) =>
    onVolume(`file=$(${find}); size=$(stat -c %s "$file"); [ "$size" -gt 100 ]
      byte=$(od -An -tu1 -j $((size / 2)) -N 1 "$file"); chmod u+w "$file"
      printf "\\\\$(printf %o $(((byte + 1) % 256)))" | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none`);

  before(async () => {
    await stand.prepare([
      "--driver",
      "local",
      "--opt",
      "type=tmpfs",
      "--opt",
      "device=tmpfs",
      "--opt",
      "o=size=1500m,uid=999,gid=999",
    ]);
    holder = await stand.scratch.start(
      stand.image,
      [
        "--user",
        "0:0",
        "--network",
        "none",
        "--volume",
        `${stand.backupsVolume}:/backups`,
        "--entrypoint",
        "sleep",
      ],
      ["infinity"],
    );
    await stand.sql("create table ballast (id int primary key, text text)");
    writers = await rowWriters(stand);
    await keepOnVolume();
    await mended();
  });
  after(async () => {
    await stand.remove();
  });

  test("Postgres is killed ten times under four writers: no acknowledged row is lost, nothing is damaged", async (t) => {
    for (let round = 0; round < 10; round += 1) {
      await writers.more(25);
      await docker(["kill", "--signal", "KILL", stand.postgres]);
      await docker(["start", stand.postgres]);
      await stand.answers();
      assert.deepEqual(await writers.lost(), [], `round ${round + 1}`);
    }
    t.diagnostic(`${(await writers.acknowledged()).length} rows acknowledged, 0 lost`);
    await docker(["exec", stand.postgres, ...amcheck]);
    await stand.work("prove");
    await mended();
    await docker(["stop", "-t", "90", stand.postgres]);
    const checksums = await stand.checksums();
    await docker(["start", stand.postgres]);
    await stand.answers();
    assert.match(checksums, /Bad checksums: +0/);
    t.diagnostic(checksums.split("\n").join("; "));
    await mended();
  });

  test("the receiver is killed, and the whole container in a backup: no gap, and every row is restored", async (t) => {
    for (let round = 0; round < 3; round += 1) {
      await stand.killIn("pg_receivewal");
      await writers.more(25);
    }
    await mended();
    const backup = stand.work("backup", "full").then(
      () => "made",
      () => "cut",
    );
    await writers.more(5);
    await docker(["kill", "--signal", "KILL", stand.backup]);
    t.diagnostic(`the backup was ${await backup}`);
    await writers.more(25);
    await docker(["start", stand.backup]);
    const { repositories } = await mended();
    assert.deepEqual(repositories[0]?.gaps, []);
    const known = await writers.acknowledged();
    await stand.restore({ at: await stand.now() });
    await stand.swap("restored");
    const stored = new Set((await stand.sql("select writer, number from written")).split("\n"));
    const missing = known.filter((row) => !stored.has(row)).length;
    await stand.swap("before");
    await stand.drop();
    assert.equal(missing, 0, "everything that was committed before the restore began");
    await mended();
  });

  for (const [what, find, pattern] of [
    [
      "a backup",
      'ls -S "$(ls -d repository/backup/main/2*F | sort | tail -1)"/bundle/* | head -1',
      /last proof failed: .*(?:checksum|corrupt|error)/,
    ],
    [
      "the write-ahead log",
      "find repository/archive/main -name '0*.zst' -size +0 | sort | tail -1",
      /last proof failed/,
    ],
  ] as const) {
    test(`a byte flips in ${what}: the next proof fails, and a new full backup mends it`, async (t) => {
      await stand.work("backup", "full");
      if (what === "a backup") await onVolume("rm -rf repository/backup/main/latest");
      else await writers.more(25);
      await docker(["exec", stand.backup, "berth-backup", "point", "flip", "archived"]);
      await flip(find);
      await assert.rejects(stand.work("prove"));
      const { problems } = await broken(pattern);
      t.diagnostic(problems.join("; "));
      await stand.work("backup", "full");
      await stand.work("prove");
      await mended();
    });
  }

  test("a segment is gone: the report counts it, the proof fails, and a full backup mends it", async (t) => {
    await docker(["exec", stand.backup, "berth-backup", "point", "gone", "archived"]);
    await writers.more(10);
    await docker(["exec", stand.backup, "berth-backup", "point", "gone2", "archived"]);
    await onVolume(
      "file=$(find repository/archive/main -name '0*.zst' | sort | tail -2 | head -1); rm -f \"$file\"",
    );
    await assert.rejects(stand.work("prove"));
    const { problems } = await broken(/segments of write-ahead log are missing/);
    t.diagnostic(problems.join("; "));
    await stand.work("backup", "full");
    await stand.work("prove");
    await mended();
  });
});
