import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;

before(async () => {
  app = await startTestApp({ environment: { SECOND_FACTOR: "optional" } });
});

after(() => app.close());

type Person = Awaited<ReturnType<typeof addUser>>;

const viewAs = (admin: Person, { id }: Person) =>
  admin.submit(`/admin/users/${id}`, `/admin/users/${id}/view-as`, {});
const end = (admin: Person) => admin.submit("/admin", "/view-as/end", {});

test("an administrator sees what a colleague sees, and goes back; both stand in the audit log", async () => {
  const admin = await addUser(app, "admin");
  const staff = await addUser(app, "staff", { visits: ["view"] });
  assert.match((await admin.call("GET", `/admin/users/${staff.id}`)).text, /See what they see/);
  assert.equal((await viewAs(admin, staff)).headers.get("location"), "/admin");
  const home = (await admin.call("GET", "/admin")).text;
  assert.match(home, /You see what staff \d+ sees/);
  assert.doesNotMatch(home, /href="\/admin\/(customers|users)"/);
  assert.equal((await admin.call("GET", "/api/v1/customers")).status, 403);
  assert.equal((await admin.call("GET", "/api/v1/visits")).status, 200);
  assert.equal((await end(admin)).headers.get("location"), `/admin/users/${staff.id}`);
  assert.equal((await admin.call("GET", "/api/v1/customers")).status, 200);
  const lines = await app
    .database("audit_events")
    .where({ actor_id: admin.id, subject: staff.email })
    .orderBy("id")
    .select<{ event: string }[]>("event");
  assert.deepEqual(
    lines.map(({ event }) => event),
    ["view-as-began", "view-as-ended"],
  );
});

test("while looking, every route that changes something refuses, and so does whatever is the person's own alone", async () => {
  const admin = await addUser(app, "admin");
  const staff = await addUser(app, "staff", { customers: "delete", visits: "delete", media: "delete" });
  await viewAs(admin, staff);
  const tried = app.routes.filter(
    ({ method, access, whileViewing }) =>
      whileViewing !== true && (method !== "get" || access === "signed-in"),
  );
  assert.ok(tried.length > 40);
  for (const { method, path, kind } of tried) {
    const address = path.replaceAll(/:\w+/g, "1");
    const content = method === "get" ? {} : kind === "page" ? { form: {} } : { body: {} };
    const { status } = await admin.call(method.toUpperCase(), address, content);
    assert.equal(status, 403, `${method} ${path}`);
  }
  assert.equal((await end(admin)).status, 303);
  assert.equal((await admin.call("GET", "/account")).status, 200);
});

test("nobody looks as an administrator or as somebody disabled, and only administrators look", async () => {
  const admin = await addUser(app, "admin");
  const other = await addUser(app, "admin");
  const gone = await addUser(app, "staff");
  await app.database("users").where({ id: gone.id }).update({ disabled_at: new Date() });
  for (const person of [admin, other, gone]) {
    assert.equal((await viewAs(admin, person)).status, 409);
    assert.doesNotMatch((await admin.call("GET", `/admin/users/${person.id}`)).text, /view-as/);
  }
  const staff = await addUser(app, "staff");
  assert.equal((await staff.call("POST", `/admin/users/${gone.id}/view-as`, { form: {} })).status, 403);
});

test("looking ends when the administrator is none any more, and goes on as themselves when the person is deleted", async () => {
  const admin = await addUser(app, "admin");
  const staff = await addUser(app, "staff", { visits: ["view"] });
  await viewAs(admin, staff);
  const second = await addUser(app, "admin");
  const page = `/admin/users/${staff.id}/delete`;
  assert.equal((await second.submit(page, page, {})).status, 303);
  assert.equal((await admin.call("GET", "/api/v1/customers")).status, 200);
  await viewAs(admin, await addUser(app, "staff", { visits: ["view"] }));
  assert.equal((await admin.call("GET", "/api/v1/visits")).status, 200);
  await app.database("users").where({ id: admin.id }).update({ role: "staff" });
  assert.equal((await admin.call("GET", "/api/v1/visits")).status, 401);
});

test("a second factor that the person has not turned on does not keep the administrator from looking", async () => {
  const strict = await startTestApp({ environment: { SECOND_FACTOR: "all" } });
  try {
    const admin = await addUser(strict, "admin");
    await strict.database("users").where({ id: admin.id }).update({ totp_confirmed_at: new Date() });
    const staff = await addUser(strict, "staff", { visits: ["view"] });
    await viewAs(admin, staff);
    assert.equal((await admin.call("GET", "/api/v1/visits")).status, 200);
  } finally {
    await strict.close();
  }
});
