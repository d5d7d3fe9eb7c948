import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createTestDatabase, isLite, type TestDatabase } from "../../../tests/support/test-database.ts";

// Calls one after the other on a pool of one connection: whatever takes a second one while it holds
// the first waits for ever, and whatever keeps it starves the next.
let home: TestDatabase;
let app: TestApp;
let admin: Client;

before(async () => {
  home = await createTestDatabase();
  app = await startTestApp({ home: { ...home, serving: { ...home.serving, poolMax: 1 } } });
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
  await home.drop();
});

const path = "/api/v1/customers";
const customer = (name: string) => ({ name, email: `${name.toLowerCase()}@one.test` });

const create = async (name: string, key?: string) => {
  const headers: Record<string, string> = key === undefined ? {} : { "Idempotency-Key": key };
  return admin.call("POST", path, { body: customer(name), headers });
};

test("no request takes a second connection, or keeps its own", async () => {
  const made = await create("First", "one-connection-1");
  const row = made.headers.get("location") ?? "";
  const statuses = [
    made.status,
    (await create("First", "one-connection-1")).status,
    (await create("First", "one-connection-2")).status,
    (await create("First")).status,
    (await create("Second")).status,
    (await admin.call("GET", row)).status,
    (await admin.call("GET", `${path}/999999`)).status,
    (await admin.call("GET", `${path}?limit=2`)).status,
    (await admin.call("PUT", row, { body: customer("Third"), headers: { "If-Match": "*" } })).status,
    (await admin.call("DELETE", row)).status,
  ];
  assert.deepEqual(statuses, [201, 201, 409, 409, 201, 200, 404, 200, 200, 204]);
});

test(
  "a connection that Postgres ends is replaced, and its statements are parsed anew",
  { skip: isLite ? "PGlite has one session, so none can be ended" : false },
  async () => {
    const row = (await create("Stays")).headers.get("location") ?? "";
    const [before] = await app.pool.select<{ pid: number }[]>(app.pool.raw("pg_backend_pid() as pid"));
    await home.database.raw("select pg_terminate_backend(?, 30000)", [before?.pid ?? 0]);
    assert.equal((await admin.call("GET", row)).status, 200);
    assert.equal((await create("Afterwards", "one-connection-3")).status, 201);
  },
);
