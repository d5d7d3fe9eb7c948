import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client, createClient, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;

interface Listing {
  readonly items: readonly {
    readonly id: number;
    readonly name: string;
    readonly email: string;
    readonly city: string;
  }[];
  readonly next: string | null;
}

before(async () => {
  app = await startTestApp();
  staff = await addUser(app, "staff", { customers: "delete", visits: "delete" });
});

after(async () => {
  await app.close();
});

const path = "/api/v1/customers";
const create = (name: string, email: string, more: object = {}) =>
  staff.call("POST", path, { body: { name, email, ...more } });
const list = async (query: string) => (await staff.call("GET", `${path}?${query}`)).json<Listing>();

test("create, read, change and delete one, with ETag and If-Match", async () => {
  const created = await create(" Boris ", "boris@example.test", { city: "Tver" });
  assert.equal(created.status, 201);
  const place = created.headers.get("location") ?? "";
  const read = await staff.call("GET", place);
  assert.equal(read.json()["name"], "Boris");
  assert.equal(read.headers.get("etag"), '"1"');
  const body = { name: "Boris B.", email: "boris@example.test" };
  assert.equal((await staff.call("PUT", place, { body })).status, 428);
  const changed = await staff.call("PUT", place, { body, headers: { "If-Match": '"1"' } });
  assert.equal(changed.headers.get("etag"), '"2"');
  assert.equal(changed.json()["city"], "", "a PUT replaces the whole");
  assert.equal((await staff.call("PUT", place, { body, headers: { "If-Match": '"1"' } })).status, 412);
  assert.equal((await staff.call("DELETE", place, { headers: { "If-Match": '"1"' } })).status, 412);
  assert.equal((await staff.call("DELETE", place)).status, 204);
  assert.equal((await staff.call("GET", place)).status, 404);
});

test("an address that no mail server takes is refused", async () => {
  const local = "l".repeat(64);
  for (const email of [`${local}l@example.test`, `a@${"d".repeat(64)}.test`, "a@ends-.example.test"])
    assert.equal((await create("Long", email)).status, 400, email);
  assert.equal((await create("Long", `${local}@${"d".repeat(63)}.test`)).status, 201);
});

test("names every invalid field at once; a taken address and broken JSON are different problems", async () => {
  const wrong = await create("", "nobody", { colour: "red" });
  assert.equal(wrong.headers.get("content-type"), "application/problem+json; charset=utf-8");
  const { code, errors } = wrong.json<{ code: string; errors: { in: string; field: string }[] }>();
  assert.equal(code, "invalid-input");
  assert.deepEqual(errors.map(({ in: place, field }) => `${place} ${field}`).sort(), [
    "body ",
    "body email",
    "body name",
  ]);
  await create("Clara", "clara@example.test");
  const taken = await create("Clara", "Clara@Example.test");
  assert.equal(taken.status, 409);
  assert.equal(taken.json<{ errors: { field: string }[] }>().errors[0]?.field, "email");
  const json = { "Content-Type": "application/json" };
  assert.equal(
    (await staff.call("POST", path, { raw: "{", headers: json })).json()["code"],
    "malformed-body",
  );
  assert.equal((await staff.call("POST", path, { raw: "x=1" })).status, 415);
  assert.equal((await create("x".repeat(200_000), "big@example.test")).status, 413);
  const deep = `{"name":${"[".repeat(50)}${"]".repeat(50)}}`;
  assert.equal(
    (await staff.call("POST", path, { raw: deep, headers: json })).json()["code"],
    "malformed-body",
  );
});

test("a repeat with the same Idempotency-Key gets the first answer and creates nothing", async () => {
  const send = (name: string, key = "key-0001") =>
    staff.call("POST", path, {
      body: { name, email: "idem@example.test" },
      headers: { "Idempotency-Key": key },
    });
  const [first, second] = [await send("Idem"), await send("Idem")];
  assert.equal(first.status, 201);
  assert.equal(second.status, 201);
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(second.json(), first.json());
  assert.equal((await send("Other")).status, 409, "another body under the same key");
  assert.equal((await send("Idem", "x")).status, 400, "not a key");
  const race = await Promise.all(
    Array.from({ length: 6 }, () =>
      staff.call("POST", path, {
        body: { name: "R", email: "race@example.test" },
        headers: { "Idempotency-Key": "key-race" },
      }),
    ),
  );
  assert.ok(race.every(({ status }) => status === 201 || status === 409));
  assert.equal((await list("search=race")).items.length, 1);
  assert.equal((await send("", "key-0002")).status, 400, "refused");
  assert.equal(
    (await send("Idem2", "key-0002")).status,
    409,
    "and the key is free again: this one got as far as the database",
  );
});

test("pages follow each other without gap or repeat, in every order, while rows come and go", async () => {
  for (let index = 0; index < 23; index += 1) {
    await create(`Page ${String(index % 5)}`, `page${index}@paging.test`, {
      city: index % 2 === 0 ? "Oslo" : "Riga",
    });
  }
  for (const sort of ["id", "-id", "name", "-name", "email", "-city"]) {
    const seen: number[] = [];
    let after = "";
    do {
      const page = await list(`search=paging.test&limit=7&sort=${sort}${after}`);
      seen.push(...page.items.map(({ id }) => id));
      after = page.next === null ? "" : `&after=${page.next}`;
      if (seen.length === 7) await create(`Page late ${sort}`, `late${sort}@elsewhere.test`);
    } while (after !== "");
    assert.equal(seen.length, 23, sort);
    assert.equal(new Set(seen).size, 23, sort);
  }
  const names = (await list("search=paging.test&sort=-name&limit=200")).items.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort().reverse());
  assert.ok((await list("search=paging.test&city=Oslo")).items.every(({ city }) => city === "Oslo"));
  assert.equal((await staff.call("GET", `${path}?after=nonsense`)).status, 400);
  assert.equal((await staff.call("GET", `${path}?sort=password_hash`)).status, 400);
});

test("search takes beginnings of several words and none of their punctuation as operators", async () => {
  await create("Zoë O'Hara-Quill", "zoe@search.test", { company: "Harbour & Sons" });
  for (const search of ["zoë har", "quil", "o'hara", "harbour zo", "ZOË"]) {
    assert.equal((await list(`search=${encodeURIComponent(search)}`)).items.length, 1, search);
  }
  for (const search of ["' | '", "a:*&!", "\\", "(", "<->"]) {
    assert.equal(
      (await staff.call("GET", `${path}?search=${encodeURIComponent(search)}`)).status,
      200,
      search,
    );
  }
});

test("a customer with visits cannot be deleted; a visit needs an existing customer", async () => {
  const { id } = (await create("Visitor", "visitor@example.test")).json<{ id: number }>();
  const visit = await staff.call("POST", "/api/v1/visits", {
    body: { customerId: id, hall: "east", day: "2026-11-21" },
  });
  assert.equal(visit.status, 201);
  assert.equal(visit.json()["day"], "2026-11-21", "a day stays a day in every time zone");
  assert.equal((await staff.call("DELETE", `${path}/${id}`)).status, 409);
  assert.equal(
    (
      await staff.call("POST", "/api/v1/visits", {
        body: { customerId: 999_999, hall: "east", day: "2026-11-21" },
      })
    ).status,
    409,
  );
});

test("the admin interface lists, creates, edits, refuses, deletes and remembers", async () => {
  const created = await staff.submit("/admin/customers/new", "/admin/customers/new", {
    name: "Ada",
    email: "ada@admin.test",
  });
  const place = (created.headers.get("location") ?? "").replace("?done=saved", "");
  assert.match(place, /^\/admin\/customers\/\d+$/);
  const refused = await staff.submit(place, place, { name: "", email: "nope", _version: "1" });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /aria-invalid="true"/);
  assert.match(refused.text, /value="nope"/);
  assert.equal(
    (await staff.submit(place, place, { name: "Ada L.", email: "ada@admin.test", _version: "1" })).status,
    303,
  );
  const stale = await staff.submit(place, place, { name: "Ada M.", email: "ada@admin.test", _version: "1" });
  assert.equal(stale.status, 412);
  assert.match(stale.text, /Somebody else changed this meanwhile/);
  const page = (await staff.call("GET", place)).text;
  assert.match(page, /<del>Ada<\/del> → Ada L\./);
  assert.match(page, /staff\d+@example\.test/);
  const found = await staff.call("GET", "/admin/customers?search=admin.test");
  const id = /name="id" value="(\d+)"/.exec(found.text)?.[1] ?? "";
  const asked = await staff.call("POST", "/admin/customers/bulk", {
    form: { _token: tokenIn(found.text), id },
  });
  assert.match(asked.text, /Delete 1 entry\?/);
  await staff.call("POST", "/admin/customers/bulk", {
    form: { _token: tokenIn(asked.text), id, confirmed: "yes" },
  });
  assert.equal((await staff.call("GET", place)).status, 404);
});

test("offers the cities of the customers, after every kind of write", async () => {
  const choices = async () =>
    (await staff.call("GET", "/admin/customers")).text.match(/(?<=<option value=")[A-Z]\w*port(?=")/g) ?? [];
  const { id } = (await create("Harbour", "harbour@choice.test", { city: "Newport" })).json<{ id: number }>();
  await create("Harbour too", "too@choice.test", { city: "Newport" });
  assert.deepEqual(await choices(), ["Newport"], "once");
  await app.database("customers").where({ id }).update({ city: "Southport" });
  assert.deepEqual(await choices(), ["Newport"], "kept until somebody writes");
  const row = await staff.call("GET", `${path}/${id}`);
  const headers = { "If-Match": row.headers.get("etag") ?? "" };
  const body = { name: "Harbour", email: "harbour@choice.test", city: "Westport" };
  assert.equal((await staff.call("PUT", `${path}/${id}`, { body, headers })).status, 200);
  assert.deepEqual(await choices(), ["Newport", "Westport"]);
  await staff.call("POST", `${path}/import`, {
    raw: "name,email,city\nI,import@choice.test,Eastport\n",
    headers: { "Content-Type": "text/csv" },
  });
  assert.deepEqual(await choices(), ["Eastport", "Newport", "Westport"]);
  const now = { "If-Match": (await staff.call("GET", `${path}/${id}`)).headers.get("etag") ?? "" };
  assert.equal((await staff.call("DELETE", `${path}/${id}`, { headers: now })).status, 204);
  assert.deepEqual(await choices(), ["Eastport", "Newport"]);
});

test("staff see and do what their permissions say, and nothing else", async () => {
  const viewer = await addUser(app, "staff", { customers: "view" });
  assert.equal((await viewer.call("GET", path)).status, 200);
  assert.equal(
    (await viewer.call("POST", path, { body: { name: "V", email: "v@example.test" } })).status,
    403,
  );
  assert.equal((await viewer.call("GET", "/api/v1/visits")).status, 403);
  const admin = (await viewer.call("GET", "/admin/customers")).text;
  assert.doesNotMatch(admin, /\/admin\/visits|\/admin\/users|bulk-edit|class="danger"|\/new"/);
  assert.equal(
    (await createClient(app).call("GET", "/admin/customers")).headers.get("location"),
    "/login?next=%2Fadmin%2Fcustomers",
  );
});
