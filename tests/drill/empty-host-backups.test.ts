import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BackupReport } from "../../cli/status/backup-report.ts";
import { BackupStand } from "../support/backup-stand.ts";
import { docker } from "../support/docker.ts";
import { eventually } from "../support/eventually.ts";
import { s3Repository, type S3Repository } from "../support/s3-repository.ts";

await describe("the backups of a host that is lost", { timeout: 2_400_000 }, () => {
  const stand = new BackupStand();
  let s3: S3Repository;

  before(async () => {
    await stand.prepare();
    s3 = await s3Repository(stand);
  });
  after(() => stand.remove());

  test("single rows, all rows, uploads and the deployment's state come back from a repository alone", async (t) => {
    const phrase = "a phrase that everybody may know";
    const state = JSON.stringify({ deployment: { resources: [], note: phrase } });
    const stateOf = ({ backup }: BackupStand) => docker(["exec", backup, "berth-backup", "state"]);
    const tables = ["customers", "media"];
    const keep = { secrets: { bucketSecretKey: s3.secretKey } };
    await stand.sql(
      "create table customers (id bigint primary key generated always as identity, name text not null, length int generated always as (length(name)) stored)",
    );
    await stand.keep({ ...keep, settings: { ...s3.settings, backupTo: "s3,volume" } });
    await stand.upload("public/last.txt", phrase);
    await docker(["exec", "--interactive", stand.backup, "berth-backup", "keep-state"], state);
    await eventually(async () => {
      assert.equal(await stateOf(stand), state);
    }, 120_000);
    assert.equal(await s3.shell(`grep -rlF '${phrase}' . || true`), "");
    await stand.sql("insert into customers (name) values ('the last one')");
    await stand.uploadsKept();
    const held = ({ repositories }: BackupReport) => {
      for (const { backups, error } of repositories)
        assert.deepEqual([error, backups.length > 0], [null, true]);
    };
    await stand.reported(held);
    const last = await stand.everything(tables);
    await docker(["exec", stand.backup, "berth-backup", "point", "last", "archived"]);
    await docker(["rm", "--force", stand.backup, stand.postgres]);

    const other = new BackupStand(stand.stack);
    t.after(() => other.remove());
    const begun = Date.now();
    await other.prepare();
    await s3.reachableFrom(other);
    await other.keep({ ...keep, settings: { ...s3.settings, backupTo: "volume,s3" } });
    await other.reported(({ problems }) => {
      assert.match(problems.join("\n"), /holds the backups of another database/);
    });
    const restored = await other.restore("latest");
    const wanted = { into: "found", tables: ["customers"], where: "name = 'the last one'" };
    assert.deepEqual(await other.fetch(wanted), { customers: { rows: 1, columns: "id, name" } });
    assert.equal(await other.sql("select name from found.customers"), "the last one");
    await assert.rejects(other.fetch(wanted), /Nothing was fetched: .*already exists/);
    await assert.rejects(other.fetch({ ...wanted, tables: ["nowhere"] }), /no table nowhere/);
    await other.swap("restored");
    assert.equal(await other.everything(tables), last);
    t.diagnostic(`had back in ${Math.round((Date.now() - begun) / 1000)} s from ${restored.repository}`);
    assert.equal(await stateOf(other), state);
    await other.drop();
    await other.reported(held);
  });
});
