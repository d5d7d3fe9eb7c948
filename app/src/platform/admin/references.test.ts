import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let visit: string;

before(async () => {
  app = await startTestApp();
  const admin = await addUser(app, "admin");
  const customer = await admin.call("POST", "/api/v1/customers", {
    body: { name: "Only For Some", email: "some@example.test" },
  });
  const { id: customerId } = customer.json<{ id: number }>();
  const created = await admin.call("POST", "/api/v1/visits", {
    body: { customerId, hall: "east", day: "2026-11-20" },
  });
  assert.equal(created.status, 201, created.text);
  visit = `/admin/visits/${created.json<{ id: number }>().id}`;
});

after(async () => {
  await app.close();
});

test("a person without the right to view a referenced row sees its number, without title or link", async () => {
  for (const [permissions, shown] of [
    [{ visits: "view" }, false],
    [{ visits: "view", customers: "view" }, true],
  ] as const) {
    const staff = await addUser(app, "staff", permissions);
    for (const page of ["/admin/visits", visit]) {
      const { status, text } = await staff.call("GET", page);
      assert.equal(status, 200);
      assert.equal(text.includes("Only For Some"), shown, page);
      assert.equal(/href="\/admin\/customers\/\d+"/.test(text), shown, page);
      assert.equal(/#\d+/.test(text), !shown, page);
    }
  }
});

test("a reference is chosen by part of a title; what several have is asked for, what none has is told", async () => {
  const admin = await addUser(app, "admin");
  for (const [name, email] of [
    ["Anna Arkhipova", "anna1@example.test"],
    ["Anna Arkhipova", "anna2@example.test"],
    ["Boris Berg", "boris@example.test"],
  ])
    await admin.call("POST", "/api/v1/customers", { body: { name, email } });
  const form = { hall: "east", day: "2026-11-20", guests: "0", note: "kept" };
  const send = (customerId: string) =>
    admin.submit("/admin/visits/new", "/admin/visits/new", { ...form, customerId });
  const several = await send("arkh");
  assert.equal(several.status, 400);
  assert.match(several.text, /Choose the one you mean by “arkh”/);
  assert.match(several.text, /kept/, "what was typed stays");
  const offered = [...several.text.matchAll(/type="radio" name="customerId" value="(\d+)"/g)];
  assert.equal(offered.length, 2);
  const raw = new URLSearchParams({ ...form, customerId: "arkh" });
  raw.append("customerId", offered[1]?.[1] ?? "");
  const chosen = await admin.call("POST", "/admin/visits/new", { raw });
  assert.equal(chosen.status, 303, chosen.text);
  const page = chosen.headers.get("location") ?? "";
  assert.match(
    (await admin.call("GET", page)).text,
    new RegExp(`name="customerId"[^>]*value="Anna Arkhipova #${offered[1]?.[1]}"`),
  );
  assert.equal((await send("boris berg")).status, 303, "a title that one alone has is enough");
  const none = await send("nobody");
  assert.match(none.text, /Nothing is found for “nobody”/);
  const title = await send(`Another Name #${offered[0]?.[1]}`);
  assert.equal(title.status, 400, "a number does not stand for another title");
});

test("a list is narrowed by part of a reference's title", async () => {
  const admin = await addUser(app, "admin");
  const unclear = await admin.call("GET", "/admin/visits?customerId=anna");
  assert.equal(unclear.status, 200);
  const links = [
    ...unclear.text.matchAll(/href="(\/admin\/visits\?[^"]*customerId=\d+[^"]*)"\s*>Anna Arkhipova #/g),
  ];
  assert.equal(links.length, 2);
  const narrowed = await admin.call("GET", (links[1]?.[1] ?? "").replaceAll("&amp;", "&"));
  assert.match(narrowed.text, /value="Anna Arkhipova #\d+"/);
  assert.match(narrowed.text, /<a href="\/admin\/customers\/\d+">Anna Arkhipova<\/a>/);
  assert.match((await admin.call("GET", "/admin/visits?customerId=zzz")).text, /Nothing is found/);
});

test("a row's page shows what refers to it, adds one, and what stands in the way of a deletion is linked", async () => {
  const admin = await addUser(app, "admin");
  const [{ id }] = (await app.database("customers").where({ name: "Boris Berg" }).select("id")) as [
    { id: number },
  ];
  const page = `/admin/customers/${id}`;
  const shown = await admin.call("GET", page);
  const visitLink = /href="(\/admin\/visits\/\d+)"/.exec(shown.text)?.[1] ?? "none";
  const add = /href="(\/admin\/visits\/new\?[^"]+)"/.exec(shown.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const form = await admin.call("GET", add);
  assert.match(form.text, new RegExp(`value="Boris Berg #${id}"`));
  const saved = await admin.submit(add, "/admin/visits/new", {
    ...{ customerId: `Boris Berg #${id}`, hall: "west", day: "2026-11-21", guests: "1", note: "" },
    _back: page,
  });
  assert.equal(saved.headers.get("location"), `${page}?done=saved`);
  const elsewhere = await admin.submit(add, "/admin/visits/new", {
    ...{ customerId: String(id), hall: "west", day: "2026-11-22", guests: "1", note: "" },
    _back: "https://evil.example/1",
  });
  assert.match(elsewhere.headers.get("location") ?? "", /^\/admin\/visits\/\d+\?done=saved$/);
  const question = await admin.call("GET", `${page}/delete`);
  assert.match(question.text, /What refers to it/);
  assert.ok(question.text.includes(visitLink), visitLink);
  const version = /name="_version" value="(\d+)"/.exec(question.text)?.[1] ?? "";
  const refused = await admin.submit(`${page}/delete`, `${page}/delete`, { _version: version });
  assert.equal(refused.status, 409);
  assert.ok(refused.text.includes(visitLink), "listed again");
  const unseen = await addUser(app, "staff", { customers: "delete" });
  assert.ok(!(await unseen.call("GET", page)).text.includes("/admin/visits"), "only what one may see");
  const { status } = await unseen.call("GET", "/admin/visits/suggest?text=e");
  assert.equal(status, 403);
});

test("without a search column, what a text may mean is looked for in the titles of the newest rows", async () => {
  const admin = await addUser(app, "admin");
  const found = await admin.call("GET", "/admin/visits/suggest?text=wes");
  assert.equal(found.status, 200);
  assert.match(found.json<string[]>()[0] ?? "", /^west #\d+$/);
  assert.deepEqual((await admin.call("GET", "/admin/visits/suggest?text=%25")).json(), []);
});

test("files stand in the table of permissions beside the modules' resources", async () => {
  const admin = await addUser(app, "admin");
  const staff = await addUser(app, "staff");
  const page = `/admin/users/${staff.id}`;
  const saved = await admin.submit(page, page, { name: "Staff", role: "staff", "may-media": "view" });
  assert.equal(saved.status, 303, saved.text);
  const held = await app
    .database("permissions")
    .where({ user_id: staff.id })
    .select("resource", "own", "actions", "level");
  assert.deepEqual(held, [{ resource: "media", own: ["view"], actions: ["view"], level: "view" }]);
});
