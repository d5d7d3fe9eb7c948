import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";

// Two replicas on one database; whatever ends at one has ended at the other with the next request.
let home: TestDatabase;
let here: TestApp;
let there: TestApp;

before(async () => {
  home = await createTestDatabase();
  here = await startTestApp({ home });
  there = await startTestApp({ home });
});

after(async () => {
  await here.close();
  await there.close();
  await home.drop();
});

/** What the other replica answers to the same browser. */
async function askThere(client: Client, path: string) {
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await fetch(there.url + path, { headers: { Cookie: cookie } });
  return { status: answer.status, text: await answer.text() };
}

let count = 0;
async function customer(): Promise<string> {
  count += 1;
  const admin = await addUser(here, "admin");
  const body = { name: "Seen by few", email: `seen${count}@ended.test` };
  return (await admin.call("POST", "/api/v1/customers", { body })).headers.get("location") ?? "";
}

const endings: Readonly<
  Record<string, { status: number; end: (client: Client & { id: number }) => unknown }>
> = {
  "signing out": { status: 401, end: (client) => client.call("DELETE", "/api/v1/session") },
  "a session ended by somebody else": {
    status: 401,
    end: ({ id }) => home.database("sessions").where({ user_id: id }).delete(),
  },
  "an account that is disabled": {
    status: 401,
    end: ({ id }) => home.database("users").where({ id }).update({ disabled_at: home.database.fn.now() }),
  },
  "a session that has been idle": {
    status: 401,
    end: ({ id }) =>
      home
        .database("sessions")
        .where({ user_id: id })
        .update({ last_seen_at: home.database.raw("now() - interval '61 minutes'") }),
  },
  "a permission that is taken away": {
    status: 403,
    end: ({ id }) => home.database("permissions").where({ user_id: id }).delete(),
  },
};

for (const [name, { status, end }] of Object.entries(endings)) {
  test(`${name} holds at once for a row at every replica`, async () => {
    const path = await customer();
    const staff = await addUser(here, "staff", { customers: "view" });
    assert.equal((await staff.call("GET", path)).status, 200);
    assert.equal((await askThere(staff, path)).status, 200);
    await end(staff);
    const refused = await askThere(staff, path);
    assert.equal(refused.status, status);
    assert.doesNotMatch(refused.text, /Seen by few/);
    assert.equal((await staff.call("GET", path)).status, status);
  });
}

test("a row that is not there is told only to those who may look", async () => {
  const staff = await addUser(here, "staff", { customers: "view" });
  const other = await addUser(here, "user");
  assert.equal((await staff.call("GET", "/api/v1/customers/999999")).status, 404);
  assert.equal((await other.call("GET", "/api/v1/customers/999999")).status, 403);
  assert.equal((await other.call("GET", await customer())).status, 403);
  assert.equal((await fetch(`${here.url}/api/v1/customers/999999`)).status, 401);
});
