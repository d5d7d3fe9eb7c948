import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { busyStack, type BusyStack } from "../support/busy-stack.ts";
import { docker, finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { assertWithoutApplication, pageAssets } from "../support/page-assets.ts";
import { assertSecrecy } from "../support/secrecy.ts";

interface Login {
  readonly user: string;
  readonly password: string;
}

await describe("changes of a prod stack in use", { timeout: 2_400_000 }, () => {
  let stack: BusyStack;

  before(async () => {
    stack = await busyStack();
  });
  after(async () => {
    await stack.deployment.remove();
  });

  test("three code releases: no request fails, no write is lost; three are kept", async (t) => {
    const { deployment } = stack;
    const seen = [await stack.running()];
    const assets = await pageAssets(stack.edge);
    deployment.edit(
      "app/src/platform/assets/style/1-base.css",
      (source) => `${source}\n/* Another style. */\n`,
    );
    await stack.unnoticed(t, async () => {
      for (const number of [1, 2, 3]) {
        stack.edit(`Release ${number}.`);
        await deployment.up();
        seen.unshift(await stack.running());
        if (number > 1) continue;
        // Pages that were loaded before still find their files.
        assert.notDeepEqual(await pageAssets(stack.edge), assets);
        for (const path of assets) await assertWithoutApplication(stack.edge, path);
      }
    });
    assert.equal(new Set(seen).size, 4);
    const { stdout } = await deployment.berth("releases", "--stack", deployment.stack, "--json");
    const listed = JSON.parse(stdout) as { release: string; kept: boolean }[];
    assert.deepEqual(
      listed.map(({ release, kept }) => [release, kept]),
      seen.slice(0, 3).map((release) => [release, true]),
    );
    const images = await docker(["image", "ls", "--format", "{{.Tag}}", `berth/app-${deployment.stack}`]);
    assert.equal(images.split("\n").length, 3, images);
  });

  test("another setting, more replicas, fewer, another limit of Nginx: no request fails", async (t) => {
    const { deployment } = stack;
    await stack.unnoticed(t, async () => {
      for (const changed of [
        { logLevel: "warn", replicas: "4" },
        { replicas: "2", maxBody: "1" },
      ]) {
        stack.configure(changed);
        await deployment.up();
      }
    });
    assert.equal((await deployment.containers("app")).length, 2);
    const large = await ask(stack.edge, "/", { method: "POST", body: "x".repeat(2 * 1024 * 1024) });
    assert.equal(large.status, 413);
  });

  test("a database password rotated three times, and then all secrets: old ones open nothing, no request fails, sessions stay", async (t) => {
    const { deployment } = stack;
    const login = (): Promise<Login> => deployment.databaseLogin();
    const [postgres] = await deployment.containers("postgres");
    const opens = async ({ user, password }: Login) => {
      const query = ["psql", "-XAtq", "-h", "postgres", "-U", user, "-d", "app", "-c", "select 1"];
      const inside = ["exec", "-i", "-e", "PGPASSWORD", postgres?.Id ?? ""];
      return (await finish("docker", [...inside, ...query], { env: { PGPASSWORD: password } })).status === 0;
    };
    await stack.unnoticed(t, async () => {
      for (const secret of ["database", "database", "all"]) {
        const old = await login();
        assert.ok(await opens(old));
        await stack.deployment.mustRun("rotate", secret, "--yes");
        const now = await login();
        assert.notEqual(now.user, old.user);
        assert.notEqual(now.password, old.password);
        assert.ok(await opens(now));
        assert.ok(!(await opens(old)), "the old password is refused");
      }
    });
  });

  test("another image and more memory for Postgres: an update leaves it running and says what waits; the restart is asked for", async (t) => {
    const { deployment } = stack;
    const started = async () => (await deployment.containers("postgres")).map(({ Id }) => Id);
    const before = await started();
    const rows = "select count(*), md5(string_agg(email, ',' order by id)) from customers where id <= 50";
    deployment.edit("images/postgres/Dockerfile", (text) => `${text}# Another recipe, another image.\n`);
    stack.configure({ databaseMemory: "640" });
    const waits =
      /^ *Postgres was not restarted\. Waiting since [\d: -]+ UTC: image \S+ → \S+( \([\d.]+\))?; memory 512 MiB → 640 MiB; .* npx berth upgrade postgres --stack \S+$/m;
    await stack.unnoticed(t, async () => {
      stack.edit("Released while Postgres waits.");
      const said = await deployment.up();
      assert.match(said, waits);
    });
    assert.deepEqual(await started(), before);
    await stack.expectNoChanges();
    for (const command of ["preview", "status", "doctor"]) {
      const { stdout, stderr } = await deployment.berth(command, "--stack", deployment.stack);
      assert.match(stdout + stderr, /Postgres was not restarted\. Waiting since/, command);
    }

    const content = await stack.sql(rows);
    await stack.survived(t, async () => {
      const { stdout, stderr } = await stack.deployment.mustRun("upgrade", "postgres", "--yes");
      const said = stdout + stderr;
      const done = /Postgres was restarted by .*: version [\d.]+, without an answer for [\d.]+ s/.exec(said);
      t.diagnostic(done?.[0] ?? assert.fail(said));
    });
    assert.notDeepEqual(await started(), before);
    assert.equal(await stack.sql(rows), content);
    const [postgres] = await deployment.containers("postgres");
    assert.equal(postgres?.HostConfig.Memory, 640 * 1024 * 1024);
    await stack.expectNoChanges();
    const { stdout } = await deployment.berth("status", "--stack", deployment.stack);
    assert.doesNotMatch(stdout, /not restarted/);
  });

  test("requests run as a role that changes rows, not the schema nor the logs; with and back from the owner's no request fails", async (t) => {
    const { deployment } = stack;
    const [postgres] = await deployment.containers("postgres");
    const say = async (user: string, password: string, sql: string) => {
      const query = ["psql", "-XAtq", "-h", "postgres", "-U", user, "-d", "app", "-c", sql];
      const inside = ["exec", "-i", "-e", "PGPASSWORD", postgres?.Id ?? ""];
      const { stdout, stderr } = await finish("docker", [...inside, ...query], {
        env: { PGPASSWORD: password },
      });
      return (stdout + stderr).trim();
    };
    const refused = [
      ...["create table own (id int)", "create schema own", "create temporary table own (id int)"],
      ...["alter table users add column own text", "drop table customers", "truncate customers"],
      ...["update audit_events set event = ''", "delete from audit_events", "truncate audit_events"],
      ...["update changes set action = ''", "delete from changes", "delete from knex_migrations"],
      ...["update log_retention set days = 1", "drop schema jobs cascade", "set role app_owner"],
    ];
    const rows = await deployment.databaseLogin();
    assert.match(rows.user, /^app_rows_[ab]$/);
    for (const statement of refused) {
      assert.match(
        await say(rows.user, rows.password, statement),
        /^ERROR:\s+(?:permission denied|must be owner)/,
        statement,
      );
    }
    const served = await stack.sql(
      "select distinct usename from pg_stat_activity where application_name like 'app%'",
    );
    t.diagnostic(served);
    await stack.unnoticed(t, async () => {
      stack.configure({ databaseRights: "owner" });
      await deployment.up();
      const owner = await deployment.databaseLogin();
      assert.match(owner.user, /^app_[ab]$/);
      assert.equal(await say(owner.user, owner.password, "create table own (id int); drop table own"), "");
      assert.match(await say(rows.user, rows.password, "select 1"), /not permitted|authentication failed/);
      stack.configure({ databaseRights: "rows" });
      await deployment.up();
      assert.match(await say(owner.user, owner.password, "select 1"), /not permitted|authentication failed/);
    });
    const login = await deployment.databaseLogin();
    assert.equal(login.user, rows.user);
    assert.equal(
      await stack.sql(
        "select count(*) from pg_class where relowner not in ('app_owner'::regrole, 'postgres'::regrole)",
      ),
      "0",
    );
    await stack.expectNoChanges();
  });

  test("shows none of its secrets anywhere, nor old ones", async () => {
    await assertSecrecy(stack.deployment);
  });
});
