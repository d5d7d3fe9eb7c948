import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { discoverModules } from "../modules/discover-modules.ts";
import { searchText } from "../resources/search-words.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp();
  for (const module of await discoverModules()) await module.seed?.(app.database);
  staff = await addUser(app, "staff", { customers: "delete", visits: "delete" });
  await app.database.raw(
    "update customers set city = '' where id in (select id from customers order by id limit 3)",
  );
  await app.database.raw(
    "update customers set notes = 'allergic to walnuts' where id = (select max(id) from customers)",
  );
  await app.database.raw("vacuum analyze customers, visits").catch(() => app.database.raw("analyze"));
});

after(async () => {
  await app.close();
});

const open = async (path: string) => {
  const { status, text } = await staff.call("GET", path);
  assert.equal(status, 200, text);
  const ids = [...text.matchAll(/name="id" value="(\d+)"/g)].map(([, id]) => Number(id));
  const link = (rel: string) =>
    new RegExp(`rel="${rel}"\\s+href="([^"]+)"`).exec(text)?.[1]?.replaceAll("&amp;", "&");
  return { text, ids, link };
};

test("pages lead forth and back over the same rows, in every order, and say how many there are", async () => {
  for (const sort of ["-id", "id", "name", "-city"]) {
    const pages: number[][] = [];
    let address: string | undefined = `/admin/customers?limit=50&sort=${sort}`;
    let last = address;
    while (address !== undefined) {
      const page = await open(address);
      assert.match(page.text, /120 entries/);
      pages.push(page.ids);
      last = address;
      address = page.link("next");
    }
    assert.deepEqual(
      pages.map(({ length }) => length),
      [50, 50, 20],
    );
    assert.equal(new Set(pages.flat()).size, 120);
    const back: number[][] = [];
    for (let at: string | undefined = last; at !== undefined;) {
      const page = await open(at);
      back.unshift(page.ids);
      at = page.link("prev");
    }
    assert.deepEqual(back, pages, sort);
  }
});

test("search looks inside words, and in every field that the module names", async () => {
  assert.equal((await open("/admin/customers?search=KHIPOV&limit=200")).ids.length, 12);
  assert.equal((await open("/admin/customers?search=anna%20khip&limit=200")).ids.length, 2);
  assert.equal((await open("/admin/customers?search=alnut")).ids.length, 1);
  assert.equal((await open("/admin/customers?search=oris.berg.61%40example.test")).ids.length, 1);
  assert.match((await staff.call("GET", "/admin/customers?search=%3F!%7C%27")).text, /Nothing here/);
});

test("every module's search of parts of words has the index that serves it", async () => {
  const modules = await discoverModules();
  const searched = modules
    .flatMap(({ resources = [] }) => resources)
    .filter(({ searchFields }) => searchFields);
  assert.ok(searched.length > 0);
  for (const { table, searchFields = [] } of searched) {
    const plan = await app.database.transaction(async (transaction) => {
      await transaction.raw("set local enable_seqscan = off");
      const { rows } = await transaction.raw<{ rows: { "QUERY PLAN": string }[] }>(
        `explain select 1 from ${table} where word_parts(${searchText(searchFields)}) @@ 'a:*'::tsquery`,
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    assert.match(plan, /Bitmap Index Scan/, `${table}\n${plan}`);
  }
});

test("several filters, their counts, ranges and emptiness narrow a list; it says by what it is sorted", async () => {
  const all = await open("/admin/customers");
  assert.match(all.text, /Kazan \(1\d\)/);
  assert.match(all.text, /sorted by: Created ↓/);
  const empty = await open("/admin/customers?city-empty=yes");
  assert.equal(empty.ids.length, 3);
  assert.equal((await open("/admin/customers?city-empty=no&limit=200")).ids.length, 117);
  const range = await open("/admin/visits?day-from=2026-11-03&day-to=2026-11-05&hall=east&limit=200");
  assert.match(range.text, /sorted by: Day ↓/);
  const expected = await app
    .database("visits")
    .where({ hall: "east" })
    .whereBetween("day", ["2026-11-03", "2026-11-05"]);
  assert.deepEqual(new Set(range.ids), new Set(expected.map(({ id }: { id: number }) => id)));
  assert.ok(range.ids.length > 0);
  assert.equal((await staff.call("GET", "/admin/visits?day-from=soon")).status, 400);
  assert.equal(
    (await staff.call("GET", "/api/v1/visits?day-from=2026-11-03&guests-from=1")).status,
    400,
    "no index, no range",
  );
});

test("a count beyond its bound is an estimate, and says so", async () => {
  await app.database.raw(
    "insert into visits (customer_id, hall, day) select 1, 'forum', '2025-01-01' from generate_series(1, 5000)",
  );
  await app.database.raw("analyze visits");
  assert.match((await open("/admin/visits")).text, /about 5,[01]00 entries \(estimated\)/);
  await app.database("visits").where({ day: "2025-01-01" }).delete();
  await app.database.raw("analyze visits");
});

const post = (path: string, values: readonly (readonly [string, string])[]) =>
  staff.call("POST", path, {
    raw: new URLSearchParams(values.map(([name, value]): [string, string] => [name, value])),
  });

test("what is ticked, or all that is found, is exported as CSV and as JSON lines", async () => {
  const { ids } = await open("/admin/customers?search=khipov&limit=20");
  const ticked = ids.slice(0, 2).map((id) => ["id", String(id)] as const);
  const lines = await post("/admin/customers/export-jsonl", ticked);
  assert.match(lines.headers.get("content-type") ?? "", /application\/jsonl/);
  const rows = lines.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: number; name: string });
  assert.deepEqual(new Set(rows.map(({ id }) => id)), new Set(ids.slice(0, 2)));
  assert.match(rows[0]?.name ?? "", /Arkhipov/);
  const csv = await post("/admin/customers/export-csv", [
    ["all", "yes"],
    ["_query", "search=khipov"],
  ]);
  assert.equal(csv.text.trim().split("\r\n").length, 13);
  const found = await staff.call("GET", "/admin/customers/export?search=khipov&format=jsonl");
  assert.equal(found.text.trim().split("\n").length, 12);
  assert.equal((await post("/admin/customers/export-csv", [])).status, 303);
  assert.equal(
    (
      await post("/admin/customers/export-csv", [
        ["all", "yes"],
        ["_query", "nope=1"],
      ])
    ).status,
    400,
  );
});

test("fields of many rows are changed at once after asking; history has each, bad values change nothing", async () => {
  const all = [
    ["all", "yes"],
    ["_query", "search=khipov"],
  ] as const;
  const first = await post("/admin/customers/bulk-edit", all);
  assert.match(first.text, /change 12 entries/);
  assert.doesNotMatch(first.text, /name="email"/, "what is unique is not offered");
  const ids = [...first.text.matchAll(/name="id" value="(\d+)"/g)].map(([, id = ""]) => ["id", id] as const);
  const bad = await post("/admin/customers/bulk-edit", [
    ...ids,
    ["confirmed", "ask"],
    ["name", "x".repeat(201)],
  ]);
  assert.equal(bad.status, 400);
  const nothing = await post("/admin/customers/bulk-edit", [...ids, ["confirmed", "ask"]]);
  assert.match(nothing.text, /Nothing was entered/);
  const change = [
    ["city", "Tver"],
    ["_empty-company", "yes"],
  ] as const;
  const asked = await post("/admin/customers/bulk-edit", [...ids, ["confirmed", "ask"], ...change]);
  assert.match(asked.text, /<dd>Tver<\/dd>/);
  const before = await app
    .database("customers")
    .where({ city: "Tver" })
    .count<{ count: number }[]>("* as count");
  const done = await post("/admin/customers/bulk-edit", [...ids, ["confirmed", "yes"], ...change]);
  assert.equal(done.status, 303, done.text);
  const rows = await app
    .database("customers")
    .whereLike("name", "%Arkhipov")
    .select("id", "city", "company", "version");
  assert.ok(
    rows.every((row: { city: string; company: string }) => row.city === "Tver" && row.company === ""),
  );
  assert.ok(Number(before[0]?.count) < 29);
  const changes = await app.database("changes").where({ resource: "customers", action: "update" });
  assert.equal(changes.length, 12);
  const viewer = await addUser(app, "staff", { customers: "view" });
  const refused = await viewer.call("POST", "/admin/customers/bulk-edit", {
    form: { id: "1", confirmed: "yes", city: "X" },
  });
  assert.equal(refused.status, 403);
});

test("all of hundreds that a search finds are changed after asking", async () => {
  await app.database.raw(
    "insert into customers (name, email) select 'Manyfold ' || n, 'm' || n || '@many.test' from generate_series(1, 230) n",
  );
  const asked = await post("/admin/customers/bulk-edit", [
    ["all", "yes"],
    ["_query", "search=manyfold"],
  ]);
  const ids = [...asked.text.matchAll(/name="id" value="(\d+)"/g)].map(([, id = ""]) => ["id", id] as const);
  assert.equal(ids.length, 230);
  const done = await post("/admin/customers/bulk-edit", [...ids, ["confirmed", "yes"], ["city", "Tartu"]]);
  assert.equal(done.status, 303, done.text);
  assert.equal((await app.database("customers").where({ city: "Tartu" })).length, 230);
});
