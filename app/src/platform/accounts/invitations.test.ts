import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addUser, type Client, createClient, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import type { Action } from "../sessions/session.ts";

const html = { Accept: "text/html" };
const api = "/api/v1/invitations";
const accept = "/api/v1/account/invitations/accept";
const person = { name: "N", password: "a quiet harbour" };

let app: TestApp;
let admin: Client;

before(async () => {
  app = await startTestApp({ environment: { REGISTRATION: "invited" } });
  admin = await addUser(app, "admin");
});

after(() => app.close());

const tokenOf = (text: string | undefined) => /\/invitation\?token=([\w-]+)/.exec(text ?? "")?.[1] ?? "";

/** Invites an address, and reads its mail. */
async function invite(email: string, by: Client = admin): Promise<{ id: number; token: string }> {
  const answer = await by.call("POST", api, { body: { email } });
  assert.equal(answer.status, 201, answer.text);
  const { id, link } = answer.json<{ id: number; link: string | null }>();
  assert.equal(link, null, "the mail alone has it");
  await app.runJobs();
  const mail = app.mails.at(-1);
  assert.equal(mail?.to, email);
  return { id, token: tokenOf(mail.text) };
}

const open = (token: string, email: string) =>
  createClient(app).call("POST", accept, { body: { token, email, ...person } });

test("an invited person opens an account, once", async () => {
  const email = "invited@example.test";
  const { token } = await invite(email);
  const stored = JSON.stringify([
    await app.database("invitations"),
    await app.database("jobs.job").select("data"),
  ]);
  assert.ok(!stored.includes(token), "the table and the queue hold no link");

  const browser = createClient(app);
  const first = await browser.call("GET", `/invitation?token=${token}`, { headers: html });
  assert.deepEqual([first.status, first.headers.get("location")], [303, "/invitation"]);
  const form = await browser.call("GET", "/invitation", { headers: html });
  assert.ok(!form.text.includes(email) && !form.text.includes(token));
  const sent = (fields: Readonly<Record<string, string>>) =>
    browser.call("POST", "/invitation", { form: { _token: tokenIn(form.text), ...fields }, headers: html });
  const weak = await sent({ email, name: "N", password: "password" });
  assert.equal(weak.status, 400, "a refused form does not use the link up");
  const done = await sent({ email: email.toUpperCase(), ...person });
  assert.equal(done.status, 303, done.text);
  const account = await browser.call("GET", "/api/v1/session");
  assert.deepEqual([account.status, account.json()["email"], account.json()["role"]], [200, email, "user"]);
  assert.equal((await createClient(app).login(email, person.password)).status, 204);

  assert.equal((await open(token, email)).status, 410, "a second use");
  const again = await admin.call("POST", api, { body: { email } });
  assert.equal(again.status, 409, "the address has an account");
  const events = await app.database("audit_events").where({ subject: email }).orderBy("id");
  assert.deepEqual(
    events.map(({ event }: { event: string }) => event),
    ["invitation-created", "invitation-accepted", "login", "login"],
  );
});

test("two uses at once make one account", async () => {
  const email = "race@example.test";
  const { token } = await invite(email);
  const statuses = (await Promise.all([open(token, email), open(token, email)])).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [204, 410]);
});

test("an expired, a revoked, a replaced and a foreign invitation are refused", async () => {
  const email = "late@example.test";
  const first = await invite(email);
  const foreign = await open(first.token, "stranger@example.test");
  assert.equal(foreign.status, 400);
  assert.match(foreign.text, /for another address/);

  const second = await invite(email);
  assert.equal((await open(first.token, email)).status, 410, "an earlier one");

  await app.database("invitations").where({ id: second.id }).update({ expires_at: app.database.fn.now() });
  assert.equal((await open(second.token, email)).status, 410, "an expired one");
  const page = await admin.call("GET", "/admin/invitations", { headers: html });
  assert.match(page.text, /late@example\.test/);
  assert.match(page.text, />ended</);

  const third = await invite(email);
  assert.equal((await admin.call("DELETE", `${api}/${third.id}`)).status, 204);
  assert.equal((await admin.call("DELETE", `${api}/${third.id}`)).status, 404);
  assert.equal((await open(third.token, email)).status, 410, "a revoked one");
  assert.equal((await open("no-such-token-0123456789", email)).status, 410);
  assert.deepEqual(await app.database("users").where({ email }), []);
});

test("an invitation that is revoked before its mail gets no link", async () => {
  const answer = await admin.call("POST", api, { body: { email: "early@example.test" } });
  await admin.call("DELETE", `${api}/${answer.json<{ id: number }>().id}`);
  const before = app.mails.length;
  await app.runJobs();
  assert.equal(app.mails.length, before);
});

test("without an invitation nobody registers, and the page says why in both languages", async () => {
  const body = { email: "one@example.test", ...person };
  const answer = await createClient(app).call("POST", "/api/v1/account/registrations", { body });
  assert.deepEqual([answer.status, answer.json()["code"]], [403, "invitation-needed"]);
  assert.match(String(answer.json()["detail"]), /administrator to invite/);
  assert.deepEqual(await app.database("registrations"), []);
  for (const [language, sentence] of [
    ["en", /An account needs an invitation here/],
    ["ru", /открывают по приглашению/],
  ] as const) {
    const page = await createClient(app).call("GET", "/register", {
      headers: { ...html, "Accept-Language": language },
    });
    assert.equal(page.status, 403);
    assert.match(page.text, sentence);
  }
  const login = await createClient(app).call("GET", "/login");
  assert.doesNotMatch(login.text, /href="\/register"/);
});

test("staff list, invite and revoke with the right to", async () => {
  const table: readonly (readonly [readonly Action[], number, number, number])[] = [
    [[], 403, 403, 403],
    [["view"], 200, 403, 403],
    [["view", "add"], 200, 201, 403],
    [["view", "delete"], 200, 403, 204],
  ];
  for (const [held, list, send, revoke] of table) {
    const level = held.at(-1);
    const staff = await addUser(app, "staff", { invitations: held });
    const { id } = await invite(`by-${level ?? "none"}@example.test`);
    assert.equal((await staff.call("GET", api)).status, list);
    const page = await staff.call("GET", "/admin", { headers: html });
    assert.equal(page.text.includes("/admin/invitations"), level !== undefined);
    const email = `from-${level ?? "none"}@example.test`;
    assert.equal((await staff.call("POST", api, { body: { email } })).status, send);
    assert.equal((await staff.call("DELETE", `${api}/${id}`)).status, revoke);
  }
  assert.equal((await (await addUser(app, "user")).call("GET", api)).status, 403);
});

test("mails to one address, invitations of one person and guesses at links are limited", async () => {
  const email = "often@example.test";
  for (let count = 0; count < 5; count += 1) await invite(email);
  const more = await admin.call("POST", api, { body: { email } });
  assert.equal(more.status, 429);
  assert.ok(more.headers.get("retry-after"));

  const statuses: number[] = [];
  for (let count = 0; count < 101; count += 1)
    statuses.push((await open("no-such-token-0123456789", email)).status);
  assert.equal(statuses.at(-1), 429);
  await app.database("throttles").delete();
});

test("an administrator invites on the page, and revokes", async () => {
  const page = await admin.submit("/admin/invitations", "/admin/invitations", { email: "page@example.test" });
  assert.deepEqual([page.status, page.headers.get("location")], [303, "/admin/invitations?done=invited"]);
  const wrong = await admin.submit("/admin/invitations", "/admin/invitations", { email: "nobody" });
  assert.equal(wrong.status, 400);
  const row = await app.database("invitations").where({ email: "page@example.test" }).first<{ id: number }>();
  const path = `/admin/invitations/${row.id}/revoke`;
  assert.equal((await admin.submit("/admin/invitations", path, {})).status, 303);
  assert.deepEqual(await app.database("invitations").where({ email: "page@example.test" }), []);
});

test("without a mail server the administrator is shown the link once; closed, there is none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-invitations-"));
  t.after(() => rm(folder, { recursive: true }));
  const keys = join(folder, "keys");
  await writeFile(keys, `${"k".repeat(40)}\n`);
  const environment = {
    APP_ENV: "production",
    SESSION_KEYS_FILE: keys,
    PUBLIC_URL: "https://shop.example.test",
    PUBLIC_URLS: "http://127.0.0.1:*",
  };
  const other = await startTestApp({ environment: { ...environment, REGISTRATION: "invited" } });
  try {
    const boss = await addUser(other, "admin");
    const email = "handed@example.test";
    const page = await boss.submit("/admin/invitations", "/admin/invitations", { email });
    assert.equal(page.status, 200);
    assert.match(page.text, /https:\/\/shop\.example\.test\/invitation\?token=/);
    const token = tokenOf(page.text);
    assert.ok(!(await boss.call("GET", "/admin/invitations")).text.includes(token));
    const body = { token, email, ...person };
    assert.equal((await createClient(other).call("POST", accept, { body })).status, 204);
    const answer = await boss.call("POST", api, { body: { email: "two@example.test" } });
    assert.ok(tokenOf(answer.json<{ link: string }>().link));
    await other.runJobs();
    assert.deepEqual(other.mails, []);
    assert.ok(!JSON.stringify(other.logged).includes(token));
  } finally {
    await other.close();
  }
  const closed = await startTestApp({ environment: { REGISTRATION: "closed" } });
  try {
    const boss = await addUser(closed, "admin");
    const refused = await boss.call("POST", api, { body: { email: "three@example.test" } });
    assert.deepEqual([refused.status, refused.json()["code"]], [403, "registration-closed"]);
    const used = await createClient(closed).call("POST", accept, {
      body: { token: "no-such-token-0123456789", email: "three@example.test", ...person },
    });
    assert.equal(used.status, 403);
    assert.ok(!(await boss.call("GET", "/admin")).text.includes("/admin/invitations"));
    assert.match((await boss.call("GET", "/admin/invitations")).text, /Registration is closed/);
  } finally {
    await closed.close();
  }
});
