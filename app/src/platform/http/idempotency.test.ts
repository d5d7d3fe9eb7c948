import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addUser, createClient, password } from "../../../tests/support/client.ts";
import { isReady, startProgram, until } from "../../../tests/support/program.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { isLite } from "../../../tests/support/test-database.ts";

const path = "/api/v1/customers";
const skip = isLite ? "PGlite has one session, so nothing can be held up" : false;
const customer = (name: string) => ({ name, email: `${name.toLowerCase()}@repeat.test` });

async function withApp(use: (app: TestApp) => Promise<void>) {
  const app = await startTestApp();
  try {
    await use(app);
  } finally {
    await app.close();
  }
}

/** Holds up every writer of customers until it is let go. */
async function holdCustomers({ database }: Pick<TestApp, "database">) {
  const transaction = await database.transaction();
  await transaction.raw("lock table customers in share mode");
  return () => transaction.commit();
}

const waiting = async ({ database }: Pick<TestApp, "database">) => {
  const { rows } = await database.raw<{ rows: { pid: number }[] }>(
    `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%insert into "customers"%'`,
  );
  return rows.map(({ pid }) => pid);
};

const stored = ({ database }: Pick<TestApp, "database">, email: string) =>
  database("customers").where({ email }).select<{ id: number }[]>("id");

test("a repeat gets the first answer, and another body under the key is refused", async () => {
  await withApp(async (app) => {
    const admin = await addUser(app, "admin");
    const call = (body: object) =>
      admin.call("POST", path, { body, headers: { "Idempotency-Key": "first-key-1" } });
    const first = await call(customer("Once"));
    assert.equal(first.status, 201, first.text);
    const second = await call(customer("Once"));
    assert.deepEqual([second.status, second.json()], [201, first.json()]);
    assert.equal(second.headers.get("idempotency-replayed"), "true");
    assert.equal(second.headers.get("location"), first.headers.get("location"));
    assert.equal((await call(customer("Other"))).status, 409);
    assert.equal((await stored(app, "once@repeat.test")).length, 1);
  });
});

test("a refused call leaves its key free", async () => {
  await withApp(async (app) => {
    const admin = await addUser(app, "admin");
    const headers = { "Idempotency-Key": "second-key-2" };
    assert.equal((await admin.call("POST", path, { body: customer("Twin") })).status, 201);
    assert.equal((await admin.call("POST", path, { body: customer("Twin"), headers })).status, 409);
    await app.database("customers").where({ email: "twin@repeat.test" }).delete();
    assert.equal((await admin.call("POST", path, { body: customer("Twin"), headers })).status, 201);
  });
});

test("a key needs a session", async () => {
  await withApp(async (app) => {
    const answer = await createClient(app).call("POST", "/api/v1/account/registrations", {
      body: { email: "one@example.test", name: "N", password: "a quiet harbour" },
      headers: { "Idempotency-Key": "third-key-3" },
    });
    assert.equal(answer.status, 202, "a route that keeps no answers takes no notice");
  });
});

test("while the first call runs, a repeat is refused at once", { skip }, async () => {
  await withApp(async (app) => {
    const admin = await addUser(app, "admin");
    const headers = { "Idempotency-Key": "fourth-key-4" };
    const call = () => admin.call("POST", path, { body: customer("Slow"), headers });
    const letGo = await holdCustomers(app);
    const first = call();
    await until(
      async () => (await waiting(app)).length === 1,
      () => "the first call writes",
    );
    const second = await call();
    assert.deepEqual([second.status, second.headers.get("retry-after")], [409, "1"]);
    await letGo();
    assert.equal((await first).status, 201);
    assert.equal((await call()).status, 201);
    assert.equal((await stored(app, "slow@repeat.test")).length, 1);
  });
});

test("a connection that dies midway leaves no row and no claim", { skip }, async () => {
  await withApp(async (app) => {
    const admin = await addUser(app, "admin");
    const headers = { "Idempotency-Key": "fifth-key-5" };
    const call = () => admin.call("POST", path, { body: customer("Cut"), headers });
    const letGo = await holdCustomers(app);
    const first = call();
    await until(
      async () => (await waiting(app)).length === 1,
      () => "the first call writes",
    );
    await app.database.raw("select pg_terminate_backend(?)", [(await waiting(app))[0] ?? 0]);
    assert.equal((await first).status, 503);
    await letGo();
    assert.equal((await stored(app, "cut@repeat.test")).length, 0);
    assert.equal((await call()).status, 201);
    assert.equal((await stored(app, "cut@repeat.test")).length, 1);
  });
});

test("a process that is killed midway neither doubles nor blocks", { skip }, async () => {
  await withApp(async (app) => {
    const folder = await mkdtemp(join(tmpdir(), "berth-repeat-"));
    try {
      const { email } = await addUser(app, "admin");
      const headers = { "Idempotency-Key": "sixth-key-6" };
      const start = async () => {
        const program = await startProgram("main.ts", { config: app.config.database }, folder, {
          RATE_LIMIT: "0",
          STACK: "test",
        });
        await until(() => isReady(program), program.output);
        const client = createClient(program);
        assert.equal((await client.login(email, password)).status, 204);
        return { program, call: () => client.call("POST", path, { body: customer("Killed"), headers }) };
      };
      const [one, other] = [await start(), await start()];
      const letGo = await holdCustomers(app);
      const first = one.call().catch(() => "gone");
      await until(
        async () => (await waiting(app)).length === 1,
        () => "the first call writes",
      );
      const [backend = 0] = await waiting(app);
      one.program.child.kill("SIGKILL");
      assert.equal(await first, "gone");
      await letGo();
      // Postgres notices a dead client when its statement ends; until then the key is its.
      const lives = () => app.database("pg_stat_activity").where({ pid: backend }).select("pid");
      await until(
        async () => (await lives()).length === 0,
        () => `backend ${backend} ends`,
      );
      const answer = await other.call();
      assert.equal(answer.status, 201, answer.text);
      assert.equal((await stored(app, "killed@repeat.test")).length, 1);
      other.program.child.kill("SIGTERM");
      await other.program.ended();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
