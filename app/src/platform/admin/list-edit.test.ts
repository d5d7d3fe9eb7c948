import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client, formOf } from "../../../tests/support/client.ts";
import { createSamples, sampleModule } from "../../../tests/support/samples.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { discoverModules } from "../modules/discover-modules.ts";

let app: TestApp;
let staff: Client;
const path = "/admin/customers";

before(async () => {
  app = await startTestApp({ modules: [...(await discoverModules()), sampleModule] });
  await createSamples(app.database);
  const actions = ["view", "add", "change"] as const;
  staff = await addUser(app, "staff", { customers: actions, samples: actions });
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

const open = async (query: string, of = path) =>
  formOf((await staff.call("GET", `${of}/edit-list?${query}`)).text);
const send = (form: Readonly<Record<string, string>>, to = path) =>
  staff.call("POST", `${to}/edit-list`, { form, withoutToken: true });

test("a row that somebody else changed meanwhile is saved only after what is stored was shown", async () => {
  const id = await customer("Fedor");
  const form = await open("search=Fedor");
  await app.database("customers").where({ id }).update({ city: "Kyiv", company: "Own", version: 2 });
  const late = await send({ ...form, [`cell-${id}-city`]: "Lund" });
  assert.equal(late.status, 400);
  assert.match(late.text, /somebody else changed this meanwhile/);
  assert.match(late.text, /Stored now: Kyiv/);
  assert.doesNotMatch(late.text, /Stored now: (?!Kyiv)/, "beside what was typed alone");
  const again = formOf(late.text);
  assert.equal(again[`cell-${id}-city`], "Lund");
  assert.equal(again[`cell-${id}-company`], "Own", "what nobody typed is as it is now");
  assert.equal((await stored(id))["city"], "Kyiv");
  assert.equal((await send(again)).status, 303, "saved with open eyes");
  const { city, company, version } = await stored(id);
  assert.deepEqual([city, company, version], ["Lund", "Own", 3]);
});

test("of rows that somebody else changed or deleted, only those are told of that were typed in", async () => {
  const [mine = 0, theirs = 0, gone = 0, goneToo = 0] = await Promise.all(
    ["Gleb1", "Gleb2", "Gleb3", "Gleb4"].map((name) => customer(name)),
  );
  const form = await open("search=Gleb&columns=city");
  await app.database("customers").where({ id: theirs }).update({ city: "Kyiv", version: 2 });
  await app.database("customers").whereIn("id", [gone, goneToo]).delete();
  const saved = await send({ ...form, [`cell-${mine}-city`]: "Lund" });
  assert.equal(saved.status, 303, saved.text);
  assert.equal((await stored(mine))["city"], "Lund");
  assert.equal((await stored(theirs))["city"], "Kyiv");
  const refused = await send({ ...form, [`cell-${gone}-city`]: "Lund" });
  assert.equal(refused.status, 400);
  assert.match(refused.text, new RegExp(`#${gone}: somebody else deleted this`));
  assert.doesNotMatch(refused.text, new RegExp(`#(?:${theirs}|${goneToo}): somebody`));
});

test("the largest page is saved as a browser sends it", async () => {
  await app.database.raw(
    `insert into customers (name, email, company, city)
      select repeat('Жук ', 48) || n, 'n' || n || '@page.test', repeat('Жук ', 48), repeat('Жук ', 48) from generate_series(1, 200) n`,
  );
  for (const limit of ["", "&limit=200"]) {
    const form = await open(`search=page.test${limit}`);
    const cells = Object.keys(form).filter((name) => /^cell-\d+-city$/.test(name));
    assert.equal(cells.length, limit === "" ? 50 : 200);
    const last = cells.at(-1) ?? "";
    const saved = await send({ ...form, [last]: "Lund" });
    assert.equal(saved.status, 303, saved.text);
    assert.equal((await stored(Number(/\d+/.exec(last)?.[0])))["city"], "Lund");
  }
});

test("a moment that a browser sends without seconds is no change", async () => {
  const made = await app
    .database("samples")
    .insert({ code: "moment", starts_at: "2026-11-21T18:30:00Z" })
    .returning<{ id: number }[]>("id");
  const id = made[0]?.id ?? 0;
  const samples = "/admin/samples";
  const form = await open("columns=title,startsAt,open,kind", samples);
  const cell = `cell-${id}-startsAt`;
  assert.equal(form[cell], "2026-11-21T18:30:00");
  assert.equal((await send({ ...form, [cell]: "2026-11-21T18:30" }, samples)).status, 303);
  const sample = async () =>
    app.database("samples").where({ id }).first<Readonly<Record<string, unknown>>>("version", "starts_at");
  assert.equal((await sample())["version"], 1);
  assert.equal((await send({ ...form, [cell]: "2026-11-21T18:31" }, samples)).status, 303);
  assert.deepEqual(await sample(), { version: 2, starts_at: new Date("2026-11-21T18:31:00Z") });
});

test("only people who may change rows see the table", async () => {
  const viewer = await addUser(app, "staff", { customers: ["view", "add"] });
  assert.doesNotMatch((await viewer.call("GET", path)).text, /edit-list/);
  assert.match((await staff.call("GET", path)).text, /edit-list/);
});
