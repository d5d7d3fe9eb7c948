import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Deployment } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { freePorts } from "../support/free-ports.ts";

/** Both can be built from Debian's packages: bookworm has the older one, trixie the newer one. */
const [older, newer] = ["15", "17"] as const;
const upgrade = ["upgrade", "postgres", "--to", newer, "--yes"];

await describe(`PostgreSQL ${older} becomes ${newer}`, { timeout: 3_000_000 }, () => {
  let deployment: Deployment;
  let written = 0;

  const postgres = async () => (await deployment.containers("postgres"))[0]?.Id ?? "";
  const sql = async (text: string) => {
    const query = ["psql", "-XAtqU", "postgres", "-d", "app", "-c", text];
    return docker(["exec", await postgres(), ...query]);
  };
  const version = async () => (await sql("show server_version")).split(".")[0];
  /** A row that counts as acknowledged. */
  const write = async () => {
    written += 1;
    await sql(`insert into customers (name, email) values ('Anna', 'anna-${written}@example.test')`);
  };
  const expectEveryRow = async () => {
    assert.equal(
      await sql("select count(*), count(distinct email) from customers where email like 'anna-%'"),
      `${written}|${written}`,
    );
  };
  const names = (kind: "container" | "volume", filter: string) =>
    docker([kind, "ls", "-q", "--filter", filter, "--filter", `label=berth.stack=${deployment.stack}`]);
  /** Waits for something to be there, or the command's end. */
  const until = async (look: () => Promise<boolean>) => {
    for (let tries = 0; tries < 600; tries += 1) {
      if (await look().catch(() => false)) return;
      await sleep(200);
    }
  };
  const berth = async (...args: string[]) => {
    const { status, stdout, stderr } = await deployment.berth(...args, "--stack", deployment.stack);
    return { status, said: stdout + stderr };
  };
  const mustRun = async (...args: string[]) => {
    const { stdout, stderr } = await deployment.mustRun(...args);
    return stdout + stderr;
  };

  before(async () => {
    const [appPort = 0] = await freePorts(1);
    const settings = {
      appPort,
      processes: "1",
      drainTimeout: "3",
      imageSource: "debian",
      postgresVersion: older,
    };
    deployment = await Deployment.of("basic", settings);
    await deployment.up();
    await write();
  });
  after(async () => {
    await deployment.remove();
  });

  test("not by the setting alone: the preview refuses it, and nothing changes", async () => {
    const settings = await deployment.pulumi("config", "set", "postgresVersion", newer);
    assert.equal(settings.status, 0, settings.stderr);
    const { status, stdout, stderr } = await deployment.pulumi("preview");
    assert.notEqual(status, 0);
    assert.match(
      stdout + stderr,
      new RegExp(`data of stack \\S+ is PostgreSQL ${older}'s.*upgrade postgres --to ${newer}`),
    );
    await deployment.pulumi("config", "set", "postgresVersion", older);
  });

  // What is there at the moment of the kill.
  const rehearsing = async () => (await names("container", "label=berth.part=upgrade")) !== "";
  const frozen = async () =>
    (await sql(
      "select 1 from pg_db_role_setting where 'default_transaction_read_only=on' = any (setconfig)",
    )) === "1";
  const complete = async () => (await names("volume", "label=berth.data-version")) !== "";
  for (const [moment, look] of [
    ["in the rehearsal", rehearsing],
    ["while it copies", frozen],
  ] as const) {
    test(`killed ${moment}: the next command takes it back, and all is written as before`, async () => {
      const running = await postgres();
      assert.ok(await deployment.killed(upgrade, () => until(look)), "it was killed");
      await expectEveryRow();
      assert.match(await mustRun("up"), /It is taken back; nothing was lost/);
      assert.equal(await postgres(), running);
      await write();
      await expectEveryRow();
      assert.equal(await names("volume", "label=berth.copy"), "");
    });
  }

  test("killed while it deploys: the same command goes on", async (t) => {
    const running = await postgres();
    const killed = await deployment.killed(upgrade, async () => {
      await until(complete);
      await until(async () => (await postgres()) !== running);
    });
    t.diagnostic(killed ? "killed" : "it had ended before");
    const again = await berth(...upgrade);
    assert.ok(again.status === 0 || again.said.includes("PostgreSQL 17's already"), again.said);
    await mustRun("up");
    assert.equal(await version(), newer);
    await expectEveryRow();
    await write();
    await expectEveryRow();
    const { status, stdout } = await deployment.pulumi("preview", "--expect-no-changes");
    assert.equal(status, 0, stdout);
  });

  test("one command returns to the data of before", async () => {
    const later = "select count(*) from customers";
    const now = Number(await sql(later));
    await mustRun("upgrade", "postgres", "--back", "--yes");
    assert.equal(await version(), older);
    assert.equal(Number(await sql(later)), now - 1, "without the row that was written since");
    await sql("insert into customers (name, email) values ('Anna', 'back@example.test')");
    const { status, said } = await berth(...upgrade);
    assert.notEqual(status, 0);
    assert.match(said, /holds data of PostgreSQL 17 already.*docker volume rm/);
  });

  test("killed in nothing: rehearsed, copied and deployed in one go, with the time of each", async (t) => {
    const removed = await finish("docker", ["volume", "rm", `berth-${deployment.stack}-postgres`]);
    assert.equal(removed.status, 0, removed.stderr);
    const said = await mustRun(...upgrade);
    for (const line of said.split("\n").filter((text) => /^✓ (?:Rehearsal|Copy)/.test(text)))
      t.diagnostic(line);
    assert.match(said, /PostgreSQL 17 runs\. The data of before is in volume/);
    assert.equal(await version(), newer);
    assert.equal(await sql("select count(*) from customers where email = 'back@example.test'"), "1");
  });
});
