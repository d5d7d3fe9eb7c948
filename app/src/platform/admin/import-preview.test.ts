import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;
const path = "/admin/customers/import";

before(async () => {
  app = await startTestApp();
  staff = await addUser(app, "staff", { customers: "edit" });
});

after(() => app.close());

async function send(client: Client, text: string, fields: Readonly<Record<string, string>> = {}) {
  const form = new FormData();
  form.set("_token", tokenIn((await client.call("GET", path)).text));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new File([text], "c.csv", { type: "text/csv" }));
  return client.call("POST", path, { raw: form, withoutToken: true });
}

const saved = async (): Promise<string[]> =>
  (await app.database("customers").orderBy("name").select<{ name: string }[]>("name")).map(
    ({ name }) => name,
  );

/** 300 rows, of which five do not fit. */
const bad = [7, 70, 170, 270, 300];
const rows = Array.from({ length: 300 }, (_, index) =>
  bad.includes(index + 1) ? `Row ${index + 1},nonsense` : `Row ${index + 1},row${index + 1}@import.test`,
);
const file = `name,email\n${rows.join("\n")}\n`;

test("a file of 300 rows is looked at without saving anything, saved then, and its five bad rows mended", async () => {
  const looked = await send(staff, file, { look: "yes" });
  assert.match(looked.text, /would create 295, change 0 and leave 5 out/);
  assert.deepEqual(await saved(), []);
  assert.equal((await app.database("changes").where({ resource: "customers" })).length, 0);
  const draft = /action="(\/admin\/customers\/import\/[\w-]+)"/.exec(looked.text)?.[1] ?? "";

  const other = await addUser(app, "staff", { customers: "edit" });
  for (const [method, address] of [
    ["POST", draft],
    ["GET", `${draft}/refused`],
  ] as const)
    assert.equal((await other.call(method, address, method === "POST" ? { form: {} } : {})).status, 404);

  const form = { _token: tokenIn(looked.text) };
  const done = await staff.call("POST", draft, { form, withoutToken: true });
  assert.match(done.text, /295 created, 0 changed, 5 left out/);
  assert.equal((await saved()).length, 295);

  const again = await staff.call("POST", draft, { form, withoutToken: true });
  assert.equal(again.status, 409);
  assert.match(again.text, /This file is saved already/);
  assert.equal((await saved()).length, 295);

  const refused = (await staff.call("GET", `${draft}/refused`)).text;
  assert.deepEqual(refused.replace("\ufeff", "").trim().split("\r\n"), [
    `"name","email"`,
    ...bad.map((row) => `"Row ${row}","nonsense"`),
  ]);
  const mended = refused.replaceAll(/"Row (\d+)","nonsense"/g, '"Row $1","row$1@import.test"');
  assert.match((await send(staff, mended)).text, /5 created, 0 changed, 0 left out/);
  assert.equal((await saved()).length, 300);
});

test("a sample file has the heading and rows that import as they are", async () => {
  const sample = await staff.call("GET", `${path}/sample`);
  assert.match(sample.headers.get("content-disposition") ?? "", /customers\.csv/);
  assert.match(sample.text, /^\ufeff?name,email/);
  const again = await send(staff, sample.text, { look: "yes" });
  assert.match(again.text, /would create 0, change 0 and leave 0 out/);
  assert.match(again.text, /2 rows were here already/);
});

test("a file that cannot be read is refused before it is kept", async () => {
  const count = async () => (await app.database("import_drafts")).length;
  const before = await count();
  assert.equal((await send(staff, "nonsense\n1\n", { look: "yes" })).status, 400);
  assert.equal(await count(), before);
});

test("a person keeps five files at most, for a day", async () => {
  for (let index = 0; index < 7; index += 1) await send(staff, "name,email\nA,a@a.test\n", { look: "yes" });
  const drafts = await app.database("import_drafts").select<{ id: string }[]>("id");
  assert.equal(drafts.length, 5);
  await app.database("import_drafts").update({ created_at: app.database.raw("now() - interval '25 hours'") });
  await app.queue.ready();
  await app.queue.send("sweep", {}, app.pool);
  await app.runJobs();
  assert.equal((await app.database("import_drafts")).length, 0);
});
