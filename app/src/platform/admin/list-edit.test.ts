import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;
const path = "/admin/customers";

before(async () => {
  app = await startTestApp();
  staff = await addUser(app, "staff", { customers: ["view", "add", "change"] });
});

after(() => app.close());

async function customer(name: string): Promise<number> {
  const body = { name, email: `${name.toLowerCase()}@list.test`, city: "Oslo", notes: `notes of ${name}` };
  return (await staff.call("POST", "/api/v1/customers", { body })).json<{ id: number }>().id;
}
const stored = async (id: number) =>
  app.database("customers").where({ id }).first<Readonly<Record<string, unknown>>>();
const save = (fields: Readonly<Record<string, string>>) =>
  staff.submit(`${path}/edit-list`, `${path}/edit-list`, fields);

test("a page of a list is edited as a table: changed rows alone are saved, and what is not shown stays", async () => {
  const [one, two] = [await customer("Anna"), await customer("Boris")];
  const page = (await staff.call("GET", `${path}/edit-list?columns=name,city&sort=name`)).text;
  assert.match(page, new RegExp(`name="cell-${one}-city"\\s+aria-label="Anna: City"[^>]*value="Oslo"`));
  assert.doesNotMatch(page, /cell-\d+-email/);
  const saved = await save({
    _query: "columns=name,city&sort=name",
    [`version-${one}`]: "1",
    [`cell-${one}-city`]: "Bergen",
    [`version-${two}`]: "1",
    [`cell-${two}-city`]: "Oslo",
  });
  assert.equal(saved.headers.get("location"), `${path}?columns=name%2Ccity&sort=name&done=saved`);
  const [changed, same] = [await stored(one), await stored(two)];
  assert.deepEqual([changed["city"], changed["notes"], changed["version"]], ["Bergen", "notes of Anna", 2]);
  assert.equal(same["version"], 1, "a row that is as it was gets no new version");
  const history = await app
    .database("changes")
    .where({ resource: "customers", row_id: one, action: "update" });
  assert.equal(history.length, 1);
});

test("what does not fit stays in its cell with the reason, beside nothing else; others are saved", async () => {
  const [one, two, three] = [await customer("Clara"), await customer("David"), await customer("Emma")];
  const refused = await save({
    [`version-${one}`]: "1",
    [`cell-${one}-email`]: "nonsense",
    [`version-${two}`]: "1",
    [`cell-${two}-email`]: "emma@list.test",
    [`version-${three}`]: "1",
    [`cell-${three}-city`]: "Tromsø",
  });
  assert.equal(refused.status, 400);
  assert.match(refused.text, new RegExp(`id="cell-${one}-email-problem"`));
  assert.match(refused.text, /value="nonsense"/);
  assert.match(refused.text, new RegExp(`id="cell-${two}-email-problem"`), "an address that is taken");
  assert.doesNotMatch(refused.text, new RegExp(`cell-${three}-`));
  assert.equal((await stored(three))["city"], "Tromsø");
  assert.equal((await stored(two))["email"], "david@list.test");
});

test("a row that somebody else changed meanwhile is not overwritten", async () => {
  const id = await customer("Fedor");
  await app.database("customers").where({ id }).update({ city: "Kyiv", version: 2 });
  const late = await save({ [`version-${id}`]: "1", [`cell-${id}-city`]: "Lund" });
  assert.equal(late.status, 400);
  assert.match(late.text, /somebody else changed this meanwhile/);
  assert.match(late.text, /value="Lund"/);
  assert.equal((await stored(id))["city"], "Kyiv");
});

test("only people who may change rows see the table", async () => {
  const viewer = await addUser(app, "staff", { customers: ["view", "add"] });
  assert.doesNotMatch((await viewer.call("GET", path)).text, /edit-list/);
  assert.match((await staff.call("GET", path)).text, /edit-list/);
});
