import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp();
  staff = await addUser(app, "staff", { customers: "edit" });
});

after(async () => {
  await app.close();
});

const path = "/api/v1/customers";
const create = (name: string, email: string, more: object = {}) =>
  staff.call("POST", path, { body: { name, email, ...more } });
const find = async (search: string) =>
  (await staff.call("GET", `${path}?search=${search}`)).json<{ items: Record<string, unknown>[] }>().items[0];

test("a CSV import saves the good rows, reports the bad ones by line, and changes known addresses", async () => {
  const csv = [
    "\ufeffname,email,city",
    "Iris,iris@import.test,Bergen",
    ",noname@import.test,Bergen",
    '"Quoted, Jr.",quoted@import.test,"New\nYork"',
    "Bad mail,not-an-address,X",
    "Iris again,IRIS@import.test,Oslo",
  ].join("\r\n");
  const report = await staff.call("POST", `${path}/import`, {
    raw: csv,
    headers: { "Content-Type": "text/csv" },
  });
  const { created, updated, refused, errors } = report.json<{
    created: number;
    updated: number;
    refused: number;
    errors: { row: number; field: string }[];
  }>();
  assert.deepEqual([created, updated, refused], [2, 1, 2]);
  assert.deepEqual(
    errors.map(({ row, field }) => [row, field]),
    [
      [3, "name"],
      [5, "email"],
    ],
  );
  assert.equal((await find("iris"))?.["city"], "Oslo");
  const heading = await staff.call("POST", `${path}/import`, {
    raw: "nom,email\nA,a@b.test",
    headers: { "Content-Type": "text/csv" },
  });
  assert.match(heading.json<{ detail: string }>().detail, /Unknown columns: nom/);
  const broken = await staff.call("POST", `${path}/import`, {
    raw: 'name,email\nA,"a@b.test',
    headers: { "Content-Type": "text/csv" },
  });
  assert.equal(broken.status, 400);
});

test("an export is CSV that imports again, and no cell of it runs in a spreadsheet", async () => {
  await create("=cmd()", "formula@export.test", { city: 'He said "no", twice' });
  const csv = await staff.call("GET", `${path}/export?search=export.test`);
  assert.equal(csv.headers.get("content-type"), "text/csv; charset=utf-8");
  assert.match(csv.text, /"'=cmd\(\)","formula@export\.test","","He said ""no"", twice"/);
  const again = await staff.call("POST", `${path}/import`, {
    raw: csv.text,
    headers: { "Content-Type": "text/csv" },
  });
  assert.equal(again.json()["unchanged"], 1);
  assert.equal((await find("export.test"))?.["name"], "=cmd()");
});

test("10,000 rows import in one go within constant memory", async () => {
  async function* rows(count: number) {
    yield "name,email\n";
    for (let index = 0; index < count; index += 1) yield `Many ${index},many${index}@bulk.test\n`;
    await Promise.resolve();
  }
  let most = 0;
  globalThis.gc?.();
  const start = process.memoryUsage().heapUsed;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().heapUsed - start)), 20);
  const report = await staff.call("POST", `${path}/import`, {
    raw: ReadableStream.from(rows(10_000)) as unknown as NonNullable<RequestInit["body"]>,
    headers: { "Content-Type": "text/csv" },
  });
  clearInterval(watch);
  assert.equal(report.json()["created"], 10_000);
  assert.ok(most < 64 * 1024 * 1024, `${Math.round(most / 1e6)} MB`);
  const exported = await staff.call("GET", `${path}/export?search=bulk.test`);
  assert.equal(exported.text.trimEnd().split("\r\n").length, 10_001);
});

test("a CSV file goes in through the admin's form, and without the form's token it does not", async () => {
  const page = await staff.call("GET", "/admin/customers/import");
  const upload = (token: string) => {
    const form = new FormData();
    form.set("_token", token);
    form.set(
      "file",
      new File(["name,email\nForm,form@upload.test\nBad,bad\n"], "c.csv", { type: "text/csv" }),
    );
    return staff.call("POST", "/admin/customers/import", { raw: form, withoutToken: true });
  };
  assert.equal((await upload("forged")).status, 403);
  assert.match((await upload(tokenIn(page.text))).text, /1 created, 0 changed, 1 left out/);
});
