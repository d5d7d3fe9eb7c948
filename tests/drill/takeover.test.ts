import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { account, busyStack, type BusyStack } from "../support/busy-stack.ts";
import { copyCheckout, type Inspected } from "../support/deployment.ts";
import { docker, finish } from "../support/docker.ts";
import { ask } from "../support/edge-client.ts";
import { signIn } from "../support/edge-session.ts";
import { addEventStream } from "../support/event-stream.ts";
import { picture, uploadOf } from "../support/mixed-load.ts";

/**
 * The commit that deploys the stack first: the last one before settings, labels and containers got
 * the names of today.
 */
const earlier = process.env["TAKEOVER_FROM"] ?? "1a6efa1";
const root = join(import.meta.dirname, "../..");
/** Where a version says what its base images are. */
const catalogues = ["infra/images.ts", "images/catalogue.ts"];

/** Puts the files of a commit into an empty folder. */
async function extract(commit: string, folder: string): Promise<void> {
  const made = await finish("bash", ["-c", 'git archive "$0" | tar -x -C "$1"', commit, folder], {
    cwd: root,
  });
  assert.equal(made.status, 0, made.stderr);
}

/**
 * Gives an earlier version the base images of today: what is replaced later is replaced because the
 * program of today says so, and mirrors need not have what the earlier version names.
 */
function takeImages(source: string): void {
  const catalogue = catalogues.map((file) => join(source, file)).find((file) => existsSync(file));
  assert.ok(catalogue, "it has a catalogue");
  for (const file of ["catalogue.ts", "digests.json"]) {
    const target = file === "catalogue.ts" ? catalogue : join(dirname(catalogue), file);
    cpSync(join(root, "images", file), target);
  }
  for (const recipe of readdirSync(join(root, "images"), { withFileTypes: true })) {
    if (!recipe.isDirectory() || recipe.name === "lib") continue;
    rmSync(join(source, "images", recipe.name), { recursive: true, force: true });
    cpSync(join(root, "images", recipe.name), join(source, "images", recipe.name), { recursive: true });
  }
}

/** Replaces a copy's sources by those of this checkout. Settings, state and keys stay. */
async function update(folder: string): Promise<void> {
  const kept = /^(?:\.berth|Pulumi\.e2e-.*\.yaml)$/;
  for (const name of readdirSync(folder)) {
    if (!kept.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  await copyCheckout(folder);
  addEventStream(folder);
}

/** A part's containers, whatever name the part has in this version. */
const parts = { postgres: ["postgres"], redis: ["redis", "cache"], nginx: ["nginx", "proxy", "listener"] };

await describe(`a stack deployed by ${earlier}`, { timeout: 3_000_000 }, () => {
  let stack: BusyStack;
  let source: string;

  before(async () => {
    source = mkdtempSync(join(tmpdir(), "berth-takeover-"));
    await extract(earlier, source);
    takeImages(source);
    stack = await busyStack({ source });
  });
  after(async () => {
    await stack.deployment.remove();
    rmSync(source, { recursive: true, force: true });
  });

  async function containers(part: keyof typeof parts): Promise<Inspected[]> {
    const found = await Promise.all(parts[part].map((name) => stack.deployment.containers(name)));
    return found.flat();
  }
  /** What tells whether a container is the one of before, and has run ever since. */
  const starts = async (part: keyof typeof parts) =>
    (await containers(part)).map(({ Id, State }) => `${Id} ${State.StartedAt}`);
  const publishes = ({ HostConfig }: Inspected) => Object.keys(HostConfig.PortBindings ?? {}).length > 0;

  /** The first rows of a table, by what is written in them. */
  const content = (table: string, columns: string, count: string) =>
    stack.sql(
      `select count(*), md5(string_agg(${columns}, ',' order by id)) from (select * from ${table} order by id limit ${count}) as first`,
    );
  const tables = {
    customers: "name || email",
    users: "email || role || password_hash",
    media: "name || private",
  };

  test("`up` updates it: no request fails, its data stays, people stay signed in", async (t) => {
    const { deployment, edge } = stack;
    // Somebody who is signed in and has uploaded a file, before anything changes.
    const person = await signIn(edge, account);
    const { body, type } = uploadOf(picture);
    const uploaded = await ask(edge, "/api/v1/media", {
      method: "POST",
      headers: { ...person, "Content-Type": type },
      body,
    });
    assert.equal(uploaded.status, 201, uploaded.body);
    const { id } = JSON.parse(uploaded.body) as { id: number };
    // And some hundred rows.
    await stack.sql(
      "insert into customers (name, email) select 'Customer ' || n, 'c' || n || '@example.test' from generate_series(1, 500) n",
    );

    const before = { postgres: await starts("postgres"), redis: await starts("redis") };
    assert.deepEqual([before.postgres.length, before.redis.length], [1, 1]);
    const doors = (await containers("nginx")).filter(publishes);
    assert.equal(doors.length, 1);
    const counts: Record<string, string> = {};
    const rows: Record<string, string> = {};
    for (const [table, columns] of Object.entries(tables)) {
      counts[table] = await stack.sql(`select count(*) from ${table}`);
      rows[table] = await content(table, columns, counts[table]);
    }
    t.diagnostic(`before: ${JSON.stringify(counts)}, login ${(await deployment.databaseLogin()).user}`);
    const release = await stack.running();

    await update(deployment.folder);
    // A renamed setting is refused with its new name; the updating user sets it.
    stack.configure({});
    await stack.unnoticed(t, async () => {
      const begun = Date.now();
      const said = await deployment.up();
      t.diagnostic(`up took ${Math.round((Date.now() - begun) / 1000)} s`);
      for (const line of said.split("\n")) {
        if (/\d+ (?:created|updated|replaced|deleted)|docker:index\/container|not restarted/.test(line)) {
          t.diagnostic(line.trim());
        }
      }
    });

    assert.notEqual(await stack.running(), release, "today's release answers");
    assert.deepEqual(await starts("postgres"), before.postgres, "Postgres runs as it did");
    assert.deepEqual(await starts("redis"), before.redis, "Redis runs as it did");
    const now = await containers("nginx");
    const [door] = now.filter(publishes);
    assert.equal(door?.Id, doors[0]?.Id, "the container that holds the ports is the one of before");
    assert.equal(door?.State.StartedAt, doors[0]?.State.StartedAt);
    assert.equal(door?.State.Status, "running");
    assert.equal(
      now.filter((one) => !publishes(one) && one.State.Status === "running").length,
      1,
      "one Nginx without ports serves",
    );

    for (const [table, columns] of Object.entries(tables)) {
      assert.equal(await content(table, columns, counts[table] ?? "0"), rows[table], table);
    }
    const session = await ask(edge, "/api/v1/session", { headers: { Cookie: person.Cookie } });
    assert.equal(session.status, 200, "a session of before is still one");
    const file = await ask(edge, `/api/v1/media/${id}/content`, { headers: { Cookie: person.Cookie } });
    assert.equal(file.status, 200);
    assert.equal(file.headers["content-length"], String(picture.length));

    const { user } = await deployment.databaseLogin();
    t.diagnostic(`after: login ${user}`);
    assert.match(user, /^app_rows_[ab]$/);
    assert.equal(
      await stack.sql(
        `select has_table_privilege('${user}', 'customers', 'insert'), has_table_privilege('${user}', 'audit_events', 'delete'), ` +
          `has_schema_privilege('${user}', 'public', 'create'), pg_has_role('${user}', 'app_owner', 'member')`,
      ),
      "t|f|f|f",
      "it adds rows, and changes neither logs nor schema",
    );
    assert.equal(
      await stack.sql(
        "select string_agg(distinct usename, ',') from pg_stat_activity where datname = 'app' and client_addr is not null",
      ),
      user,
      "nobody is connected as anybody else",
    );
    await stack.expectNoChanges();
    const volumes = await docker(["volume", "ls", "-q", ...deployment.labels()]);
    t.diagnostic(`volumes: ${volumes.split("\n").join(", ")}`);
  });
});
