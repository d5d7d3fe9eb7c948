import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { BackupStand } from "../support/backup-stand.ts";
import { docker } from "../support/docker.ts";
import { issue } from "../support/edge-authority.ts";
import { s3Repository, type S3Repository } from "../support/s3-repository.ts";
import { sftpRepository, type SftpRepository } from "../support/sftp-repository.ts";

const tables = ["customers", "media"];
const phrase = "a phrase that everybody may know";

/** A moment, and all that was there. */
interface Remembered {
  readonly at: number;
  readonly everything: string;
}

await describe("backups in an S3 service and on another host", { timeout: 1_200_000 }, () => {
  const stand = new BackupStand();
  let s3: S3Repository;
  let sftp: SftpRepository;

  /** Full backups that stay. */
  let fulls = 2;
  const keep = (backupTo: string, wrong: Readonly<Record<string, string>> = {}, secretKey = s3.secretKey) =>
    stand.keep({
      settings: {
        ...(backupTo.includes("s3") ? s3.settings : {}),
        ...(backupTo.includes("sftp") ? sftp.settings : {}),
        ...wrong,
        backupTo,
      },
      secrets: {
        ...(backupTo.includes("s3") ? { bucketSecretKey: secretKey } : {}),
        ...(backupTo.includes("sftp") ? { sftpKey: sftp.key } : {}),
      },
      below: { backupDays: 0, backupFulls: fulls },
    });
  /** Writes until there is a moment, and damages everything after it. */
  const remember = async (name: string): Promise<Remembered> => {
    await stand.sql(`insert into customers (name) select '${name} ' || n from generate_series(1, 40) n`);
    await stand.upload(`public/${name}.txt`, `${phrase}: ${name}`);
    await stand.uploadsKept();
    const moment = { everything: await stand.everything(tables), at: await stand.now() };
    await stand.sql("delete from customers where id % 3 = 0; update customers set name = 'damaged'");
    await stand.removeUpload(`public/${name}.txt`);
    await stand.upload(`private/later-than-${name}.txt`, "later");
    return moment;
  };
  /** Goes to a moment, looks, and comes back. */
  const visit = async (t: TestContext, moment: Remembered, repository: string) => {
    const present = await stand.everything(tables);
    const begun = Date.now();
    const restored = await stand.restore({ at: moment.at });
    t.diagnostic(`restored in ${Math.round((Date.now() - begun) / 100) / 10} s from ${restored.backup}`);
    assert.deepEqual([restored.repository, restored.passedOver], [repository, []]);
    assert.equal(await stand.everything(tables), present, "nothing has changed yet");
    await stand.swap("restored");
    assert.equal(await stand.everything(tables), moment.everything);
    await stand.swap("before");
    assert.equal(await stand.everything(tables), present);
    await stand.drop();
  };

  before(async () => {
    await stand.prepare();
    s3 = await s3Repository(stand);
    sftp = await sftpRepository(stand);
    await stand.sql(
      "create table customers (id bigint primary key generated always as identity, name text not null)",
    );
    await keep("volume,s3,sftp");
  });
  after(() => stand.remove());

  let old: Remembered;
  let between: Remembered;
  let newest: Remembered;

  test("all of them hold a backup that was proved by restoring it", async () => {
    old = await remember("old");
    const report = await stand.reported(({ problems }) => {
      assert.deepEqual(problems, []);
    });
    assert.deepEqual(
      report.repositories.map(({ kind, gaps, backups }) => [kind, gaps, backups.map(({ type }) => type)]),
      ["volume", "s3", "sftp"].map((kind) => [kind, [], ["full"]]),
    );
  });

  test("none of them holds anything in clear", async () => {
    for (const repository of [s3, sftp]) {
      const files = Number(await repository.shell("find . -type f | wc -l"));
      assert.ok(files > 20, String(files));
      assert.equal(await repository.shell(`grep -rlF '${phrase}' . || true`), "");
    }
    const inspected = await docker(["inspect", stand.backup]);
    const said = await stand.scratch.logs(stand.backup);
    const arguments_ = await docker(["top", stand.backup, "-eo", "pid,args"]);
    const key = sftp.key.split("\n")[1] ?? "";
    for (const text of [inspected, said, arguments_])
      for (const secret of [s3.secretKey, key, "k".repeat(64)]) assert.ok(!text.includes(secret));
  });

  test("from another host, the moment before a DELETE is exact, rows and files, after the older backup is gone", async (t) => {
    await stand.work("backup", "full");
    between = await remember("between");
    await stand.work("backup", "full");
    newest = await remember("newest");
    const { repositories } = await stand.report();
    assert.deepEqual(
      repositories.map(({ backups }) => backups.filter(({ type }) => type === "full").length),
      [2, 2, 2],
      "the first backup has expired",
    );
    // Each swap has a full backup follow it, and they must not push out the ones that are visited.
    fulls = 8;
    await keep("sftp,s3,volume");
    await visit(t, between, "sftp");
  });

  test("a moment before the oldest backup is refused with the oldest one, and nothing changes", async () => {
    const present = await stand.everything(tables);
    await assert.rejects(
      stand.restore({ at: old.at }),
      /nothing has changed: sftp: the oldest moment that can/,
    );
    assert.equal(await stand.everything(tables), present);
  });

  test("from an S3 service, the moment before a DELETE is exact, rows and files", async (t) => {
    await keep("s3,sftp,volume");
    await visit(t, newest, "s3");
  });

  test("a wrong key of the service, another authority and another host's key are each said, and the policy fails", async () => {
    const told = (pattern: RegExp) =>
      stand.reported(({ healthy, problems }) => {
        assert.equal(healthy, false);
        assert.match(problems.join("\n"), pattern);
      });
    await keep("s3", {}, "another secret key");
    await told(/backupS3SecretKey is not/);
    await keep("s3", { backupS3Ca: (await issue(["s3.test"])).authority });
    await told(/backupS3Ca has to be/);
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    await keep("sftp", { backupSftpHostKey: other });
    await told(/backupSftpHostKey is not/);
    assert.equal(await stand.sql("select 1"), "1");
  });
});
