import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BackupStand } from "../support/backup-stand.ts";
import { rowWriters, type RowWriters } from "../support/row-writers.ts";
import { s3Repository, type S3Repository } from "../support/s3-repository.ts";
import { standCommands, type StandCommands } from "../support/stand-commands.ts";

await describe("the S3 service of the backups is at fault", { timeout: 2_400_000 }, () => {
  const stand = new BackupStand();
  let s3: S3Repository;
  let writers: RowWriters;
  let commands: StandCommands;
  let uploads = 0;

  const keep = (backupWalLimit: number) =>
    stand.keep({
      settings: { ...s3.settings, backupTo: "s3" },
      secrets: { bucketSecretKey: s3.secretKey },
      below: { backupWalLimit },
    });
  const holds = () =>
    stand.reported(({ problems }) => {
      assert.deepEqual(problems, []);
    }, 900_000);
  /** The command fails and says a reason; the database takes writes. */
  const fails = async (reason: RegExp) => {
    await stand.reported(({ healthy, problems }) => {
      assert.equal(healthy, false);
      assert.match(problems.join("\n"), reason);
    }, 300_000);
    const begun = Date.now();
    const { status, stdout } = await commands.berth("backups");
    assert.equal(status, 1, stdout);
    await writers.more(20);
    return `${Math.round((Date.now() - begun) / 1000)} s to the answer: ${/problem.*/.exec(stdout)?.[0] ?? ""}`;
  };
  /** It holds again by itself, with nothing lost that was acknowledged. */
  const mends = async () => {
    const { repositories } = await holds();
    assert.deepEqual(await writers.lost(), []);
    return repositories[0];
  };

  before(async () => {
    await stand.prepare();
    s3 = await s3Repository(stand);
    commands = await standCommands(stand);
    writers = await rowWriters(stand);
    await keep(1024);
    await holds();
  });
  after(async () => {
    commands.remove();
    await stand.remove();
  });

  for (const [what, begin, end, reason] of [
    [
      "answers 503",
      () => s3.answers("with 503"),
      () => s3.answers("well"),
      /s3: the service of backupS3Endpoint is up but does not work/,
    ],
    [
      "accepts and never answers",
      () => s3.answers("never"),
      () => s3.answers("well"),
      /s3: .*backupS3Endpoint|s could not be restored/,
    ],
    ["is not reached", () => s3.away(), () => s3.back(), /s3: .*backupS3Endpoint/],
  ] as const) {
    test(`it ${what}: that is said, and mended by itself without a gap`, async (t) => {
      await begin();
      uploads += 1;
      await stand.upload(`public/${uploads}.txt`, what);
      t.diagnostic(await fails(reason));
      t.diagnostic(await fails(/s could not be restored; 60 s is the limit/));
      const begun = Date.now();
      await end();
      assert.deepEqual((await mends())?.gaps, []);
      t.diagnostic(`mended in ${Math.round((Date.now() - begun) / 1000)} s`);
    });
  }
});
