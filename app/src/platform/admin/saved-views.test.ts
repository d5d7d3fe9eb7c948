import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let admin: Awaited<ReturnType<typeof addUser>>;
const path = "/admin/customers";

before(async () => {
  app = await startTestApp();
  admin = await addUser(app, "admin");
  const body = { name: "Ada", email: "ada@example.test", city: "Narvik", notes: "likes fog" };
  assert.equal((await admin.call("POST", "/api/v1/customers", { body })).status, 201);
});

after(() => app.close());

const headings = (page: string): string[] =>
  [...(page.split("<thead>")[1]?.split("</thead>")[0] ?? "").matchAll(/<th[\s\S]*?<\/th>/g)]
    .map(([cell]) => cell.replaceAll(/<[^>]*>|\s+/g, " ").trim())
    .filter(Boolean);
const views = (page: string): string =>
  page
    .split('class="views"')[1]
    ?.split("</nav>")[0]
    ?.replaceAll(/<[^>]*>|\s+/g, " ") ?? "";
const keep = (client: Client, fields: Readonly<Record<string, string>>) =>
  client.submit(path, `${path}/views`, fields);

test("columns are chosen among all fields, stay in the links of the page, and unknown ones are left out", async () => {
  const usual = headings((await admin.call("GET", path)).text);
  const page = (await admin.call("GET", `${path}?columns=email&columns=notes&columns=nonsense`)).text;
  const shown = headings(page);
  assert.equal(shown.length, 3, "two columns, and when it was changed");
  assert.match(page, /likes fog/);
  assert.match(page, /href="[^"]*columns=email%2Cnotes/, "sorting keeps the columns");
  assert.match(page, /name="columns" value="notes" +checked/);
  assert.deepEqual(headings((await admin.call("GET", `${path}?columns=nonsense`)).text), usual);
  const exported = /href="([^"]*export\?[^"]*format=jsonl)"/.exec(page)?.[1] ?? "";
  assert.equal((await admin.call("GET", exported.replaceAll("&amp;", "&"))).status, 200);
});

test("a view keeps what a list shows under a name, for oneself until it is shared", async () => {
  const colleague = await addUser(app, "staff", { customers: ["view"] });
  const query = "city=Narvik&sort=-name&columns=email,notes&after=";
  const saved = await keep(admin, { name: "Narvik", query });
  const address = saved.headers.get("location") ?? "";
  assert.match(address, /city=Narvik/);
  const shown = (await admin.call("GET", address)).text;
  assert.match(shown, /aria-current="true"\s*>Narvik/);
  assert.equal(views((await colleague.call("GET", path)).text), "");
  await keep(admin, { name: "narvik", query, shared: "yes" });
  assert.match(views((await colleague.call("GET", path)).text), /narvik\s+shared/);
  assert.equal(
    (await app.database("saved_views").where({ owner_id: admin.id })).length,
    1,
    "the same name is the same view",
  );
});

test("a view is shared by whoever may change rows, and deleted by its owner or an administrator alone", async () => {
  const viewer = await addUser(app, "staff", { customers: ["view"] });
  const other = await addUser(app, "staff", { customers: ["view", "change"] });
  await keep(viewer, { name: "Mine", query: "city=Oslo", shared: "yes" });
  assert.doesNotMatch(views((await other.call("GET", path)).text), /Mine/);
  const row = await app.database("saved_views").where({ name: "Mine" }).first<{ id: number }>("id");
  const action = `${path}/views/${row.id}/delete`;
  assert.equal((await other.submit(path, action, {})).status, 404);
  assert.equal((await viewer.submit(path, action, {})).status, 303);
  await keep(other, { name: "Ours", query: "", shared: "yes" });
  const ours = await app.database("saved_views").where({ name: "Ours" }).first<{ id: number }>("id");
  assert.equal((await viewer.submit(path, `${path}/views/${ours.id}/delete`, {})).status, 404);
  assert.equal((await admin.submit(path, `${path}/views/${ours.id}/delete`, {})).status, 303);
});

test("a view needs a name", async () => {
  for (const name of ["", "  ", "x".repeat(61)]) assert.equal((await keep(admin, { name })).status, 400);
});
