import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client & { readonly email: string };
let customer: { page: string; id: number };

const make = async (name: string, email: string) => {
  const made = await staff.call("POST", "/api/v1/customers", { body: { name, email, city: "Oslo" } });
  const { id } = made.json<{ id: number }>();
  return { id, page: `/admin/customers/${id}` };
};

before(async () => {
  app = await startTestApp();
  staff = await addUser(app, "staff", { customers: "delete", visits: "delete" });
  customer = await make("Anna Arkhipova", "anna@restore.test");
});

after(async () => {
  await app.close();
});

const versionIn = (text: string) => /name="_version" value="(\d+)"/.exec(text)?.[1] ?? "";

async function save(page: string, fields: Readonly<Record<string, string>>) {
  const { text } = await staff.call("GET", page);
  const form = { name: "Anna Arkhipova", email: "anna@restore.test", company: "", city: "Oslo", notes: "" };
  return staff.submit(page, page, { ...form, ...fields, _version: versionIn(text) });
}

async function remove(page: string) {
  const { text } = await staff.call("GET", `${page}/delete`);
  const gone = await staff.submit(`${page}/delete`, `${page}/delete`, { _version: versionIn(text) });
  assert.equal(gone.status, 303, gone.text);
}

test("a saved form leads to its row, to the list, or to the form for another one", async () => {
  const { page } = customer;
  assert.equal((await save(page, {})).headers.get("location"), `${page}?done=saved`);
  const list = await save(page, { _then: "list" });
  assert.equal(list.headers.get("location"), "/admin/customers?done=saved");
  const another = await save(page, { _then: "another" });
  assert.equal(another.headers.get("location"), "/admin/customers/new?done=saved");
  const form = await staff.call("GET", "/admin/customers/new?done=saved");
  assert.match(form.text, /role="status">Saved\./);
});

test("an earlier version is shown beside what is stored, and saved again", async () => {
  const { page } = customer;
  assert.equal((await save(page, { city: "Tver", notes: "left" })).status, 303);
  const { text } = await staff.call("GET", page);
  const links = [...text.matchAll(/href="(\/admin\/customers\/\d+\?version=\d+)"/g)].map(
    ([, link = ""]) => link,
  );
  const first = await staff.call("GET", links.at(-1) ?? "");
  assert.match(first.text, /This is an earlier version/);
  assert.match(first.text, /name="city"[^>]*value="Oslo"/);
  assert.match(first.text, /Stored now: Tver/);
  assert.equal((await save(page, { city: "Oslo" })).status, 303);
  assert.match((await staff.call("GET", page)).text, /name="city"[^>]*value="Oslo"/);
  assert.equal(
    (await staff.call("GET", `${page}?version=999999`)).status,
    200,
    "no such version: the row itself",
  );
});

test("a deleted row comes back under its id, with its history, and no version of before fits it", async () => {
  const { page, id } = await make("Boris Berg", "boris@restore.test");
  const before = await staff.call("GET", `/api/v1/customers/${id}`);
  await remove(page);
  const viewer = await addUser(app, "staff", { customers: "view" });
  assert.doesNotMatch((await viewer.call("GET", page)).text, /\/restore"/);
  assert.equal((await viewer.call("POST", `${page}/restore`, { form: {} })).status, 403);
  const back = await staff.submit(page, `${page}/restore`, {});
  assert.equal(back.headers.get("location"), `${page}?done=restored`, back.text);
  const after = await staff.call("GET", `/api/v1/customers/${id}`);
  const { name, email, city } = after.json();
  assert.deepEqual([name, email, city], ["Boris Berg", "boris@restore.test", "Oslo"]);
  assert.notEqual(after.headers.get("etag"), before.headers.get("etag"));
  assert.equal((await staff.submit(page, `${page}/restore`, {})).status, 404, "it is there");
  const next = await make("Clara Chen", "clara@restore.test");
  assert.ok(next.id > id, "new rows get new ids");
});

test("a deleted row whose place is taken says so, and stays deleted", async () => {
  const { page } = await make("David Dubois", "david@restore.test");
  await remove(page);
  await make("Another David", "david@restore.test");
  const refused = await staff.submit(page, `${page}/restore`, {});
  assert.equal(refused.status, 409);
  assert.match(refused.text, /Another one has this value already/);
});

test("the changes of all rows are found by resource, kind and person, only those one may see", async () => {
  const all = await staff.call("GET", "/admin/history");
  assert.match(all.text, /Customer: Boris Berg/);
  const deleted = await staff.call("GET", "/admin/history?resource=customers&action=delete");
  assert.match(deleted.text, /Customer: David Dubois/);
  assert.doesNotMatch(deleted.text, /Clara Chen/);
  const mine = await staff.call("GET", `/admin/history?actor=${staff.email.toUpperCase()}`);
  assert.match(mine.text, /Clara Chen/);
  assert.match((await staff.call("GET", "/admin/history?actor=nobody@x.test")).text, /Nothing here/);
  const other = await addUser(app, "staff", { visits: "view" });
  const seen = await other.call("GET", "/admin/history");
  assert.doesNotMatch(seen.text, /Clara|Boris|Customer/);
  assert.match((await other.call("GET", "/admin/history?resource=customers")).text, /Nothing here/);
});
