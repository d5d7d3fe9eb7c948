import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, createClient, password } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let admin: Awaited<ReturnType<typeof addUser>>;

before(async () => {
  app = await startTestApp();
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
});

const path = "/admin/users";
const create = (form: Readonly<Record<string, string>>) => admin.submit(`${path}/new`, `${path}/new`, form);

test("an administrator creates an account with a password, or with a mailed link", async () => {
  const given = { email: "colleague@example.test", name: "Colleague", role: "staff", password };
  const made = await create(given);
  assert.match(made.headers.get("location") ?? "", /^\/admin\/users\/\d+\?done=userCreated$/);
  assert.equal((await createClient(app).login(given.email, password)).status, 204);
  const twice = await create({ ...given, email: "COLLEAGUE@example.test" });
  assert.equal(twice.status, 409);
  assert.match(twice.text, /value="Colleague"/, "what was typed stays");
  const wrong = await create({ email: "x", name: "", role: "staff", password: "short" });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /3 fields need attention/);
  const mailed = await create({ ...given, email: "mailed@example.test", password: "" });
  assert.match(mailed.headers.get("location") ?? "", /done=resetSent$/);
  await app.runJobs();
  assert.match(app.mails.at(-1)?.text ?? "", /\/reset\?token=/);
  assert.equal(app.mails.at(-1)?.to, "mailed@example.test");
});

test("a link to set a password is mailed to a user, and the audit log says who sent it", async () => {
  const user = await addUser(app, "user");
  const page = `${path}/${user.id}`;
  const sent = await admin.submit(page, `${page}/reset`, {});
  assert.equal(sent.headers.get("location"), `${page}?done=resetSent`);
  await app.runJobs();
  assert.equal(app.mails.at(-1)?.to, user.email);
  const line = await app
    .database("audit_events")
    .where({ event: "reset-sent" })
    .first<{ actor_id: number; subject: string }>();
  assert.deepEqual([line.actor_id, line.subject], [admin.id, user.email]);
});

test("a user is deleted after asking; their sessions end, what they did stays; nobody deletes themselves", async () => {
  const user = await addUser(app, "staff", { customers: "edit" });
  const page = `${path}/${user.id}`;
  await user.call("POST", "/api/v1/customers", { body: { name: "Kept", email: "kept@example.test" } });
  assert.match((await admin.call("GET", `${page}/delete`)).text, new RegExp(user.email));
  const gone = await admin.submit(`${page}/delete`, `${page}/delete`, {});
  assert.equal(gone.headers.get("location"), `${path}?done=deleted`);
  assert.equal((await user.call("GET", "/api/v1/customers")).status, 401);
  assert.equal((await admin.call("GET", page)).status, 404);
  assert.match((await admin.call("GET", "/admin/history")).text, /Kept/);
  const own = `${path}/${admin.id}/delete`;
  assert.equal((await admin.submit(own, own, {})).status, 400);
  assert.equal((await admin.call("GET", `${path}/${admin.id}`)).status, 200);
});

test("the audit log is narrowed by the events there are, by person and by day", async () => {
  const all = await admin.call("GET", "/admin/audit");
  for (const event of ["login", "user-created", "user-deleted"])
    assert.match(all.text, new RegExp(`<option value="${event}"`));
  assert.doesNotMatch(all.text, /<option value="second-factor-on"/, "only those there are");
  const created = await admin.call("GET", `/admin/audit?event=user-created&actor=${admin.email}`);
  assert.match(created.text, /colleague@example\.test/);
  assert.match((await admin.call("GET", "/admin/audit?to=2020-01-01")).text, /Nothing here/);
  assert.match(
    (await admin.call("GET", "/admin/audit?from=2020-01-01&event=user-created")).text,
    /colleague@/,
  );
});
