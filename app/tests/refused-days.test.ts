import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client, createClient, password } from "./support/client.ts";
import { startTestApp, type TestApp } from "./support/test-app.ts";
import { settleLogs } from "../src/platform/audit/settle-logs.ts";
import { sweepJob } from "../src/platform/sweep-job.ts";

/**
 * Days of refused requests, in small: `npm run drill day` sends 100,000 to processes with a moved
 * clock. Here the rows get older instead.
 */
let app: TestApp;

before(async () => {
  app = await startTestApp({ environment: { TRUST_PROXY: "1" } });
});

after(() => app.close());

/** Makes every row older. */
async function passHours(hours: number): Promise<void> {
  const { rows } = await app.database.raw<{ rows: { table: string; column: string }[] }>(
    `select table_name as "table", column_name as "column" from information_schema.columns
     join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE' and data_type = 'timestamp with time zone'`,
  );
  for (const { table, column } of rows)
    await app.database.raw("update ?? set ?? = ?? - ? * interval '1 hour'", [table, column, column, hours]);
  app.passTime(hours * 3600);
}

async function rowsOf(table: string): Promise<number> {
  const found = await app.database(table).count<{ count: string }[]>("* as count");
  return Number(found[0]?.count);
}

/** One hour: every kind of refusal, most of them from networks and for names that nobody has. */
async function refusedHour(hour: number, target: string, member: Client): Promise<Set<number>> {
  const post = async (client: Client, path: string, from: string, body: unknown) => {
    const headers = { "X-Forwarded-For": from };
    return (await client.call("POST", path, { headers, body })).status;
  };
  const statuses = new Set<number>();
  for (let guess = 0; guess < 12; guess += 1) {
    const from = `2001:db8:${hour}:${guess}::1`;
    const answers = [
      await post(createClient(app), "/api/v1/session", from, {
        email: guess < 2 ? `h${hour}g${guess}@example.test` : target,
        password: "a wrong guess",
      }),
      await post(createClient(app), "/api/v1/account/registrations", from, {
        email: guess < 6 ? "somebody@example.test" : `h${hour}g${guess}@example.test`,
        name: "N",
        password: guess < 6 ? "a quiet harbour" : "short",
      }),
      await post(createClient(app), "/api/v1/media", from, {}),
      await post(member, "/api/v1/media", from, {}),
    ];
    for (const status of answers) statuses.add(status);
  }
  return statuses;
}

test("refused days leave no more rows than one, lock nobody else out, and stay readable", async () => {
  const [target, member, admin] = [
    await addUser(app, "user"),
    await addUser(app, "user"),
    await addUser(app, "admin"),
  ];
  const signsIn = async (client: Client, email: string, from: string) => {
    const body = { email, password };
    const headers = { "X-Forwarded-For": from };
    const browser = createClient(app);
    for (const [name, value] of client.cookies)
      if (!name.includes("session")) browser.cookies.set(name, value);
    assert.equal((await browser.call("POST", "/api/v1/session", { headers, body })).status, 204);
    for (const [name, value] of browser.cookies)
      if (!name.includes("session")) client.cookies.set(name, value);
  };
  await settleLogs(app.database, { auditDays: 1, historyDays: 730 });
  const sweep = sweepJob(app.database, 24);
  const tables = ["throttles", "audit_events", "registrations", "one_time_codes"];
  const counts: number[][] = [];
  for (let hour = 0; hour < 54; hour += 6) {
    const statuses = await refusedHour(hour, target.email, member);
    assert.deepEqual(
      [...statuses].filter((status) => status >= 500 || (status < 400 && status !== 202)),
      [],
    );
    assert.ok(statuses.has(429));
    await signsIn(target, target.email, "192.0.2.10");
    await signsIn(createClient(app), member.email, "192.0.2.20");
    await passHours(6);
    await sweep.run(undefined, { id: "test", signal: new AbortController().signal });
    counts.push(await Promise.all(tables.map(rowsOf)));
  }
  // A day of four such hours is all that there ever is; half a day more may wait for its turn.
  const [, , , , day, ...later] = counts;
  for (const rows of later) assert.deepEqual(rows, day, tables.join(", "));
  await admin.login(admin.email, password);
  const page = await admin.call("GET", "/admin/audit");
  assert.equal(page.status, 200);
  assert.ok(page.text.length < 200 * 1024);
  assert.match((await admin.call("GET", "/admin/audit?event=login")).text, /192\.0\.2\.10/);
});
