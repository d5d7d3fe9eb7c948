import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addUser, createClient, password } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createAccountStore } from "./account-store.ts";
import { hashPassword } from "./password.ts";
import { totpCode, totpStep } from "./totp.ts";

async function withApp(environment: Readonly<Record<string, string>>, use: (app: TestApp) => Promise<void>) {
  const app = await startTestApp({ environment });
  try {
    await use(app);
  } finally {
    await app.close();
  }
}

let folder: string;
let keys: { readonly SESSION_KEYS_FILE: string };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-policy-"));
  keys = { SESSION_KEYS_FILE: join(folder, "keys") };
  await writeFile(keys.SESSION_KEYS_FILE, `${"k".repeat(40)}\n`);
});

after(() => rm(folder, { recursive: true }));

test("in production without a mail server no page promises a mail", async () => {
  await withApp({ APP_ENV: "production", ...keys }, async (app) => {
    const browser = createClient(app);
    for (const path of ["/register", "/forgot"]) {
      const page = await browser.call("GET", path, { headers: { Accept: "text/html" } });
      assert.equal(page.status, 503);
      assert.match(page.text, /sends no e-mail/);
    }
    const login = await browser.call("GET", "/login");
    assert.doesNotMatch(login.text, /href="\/(?:register|forgot)"/);
    const body = { email: "one@example.test", name: "N", password: "a quiet harbour" };
    assert.equal((await browser.call("POST", "/api/v1/account/registrations", { body })).status, 503);
    const reset = await browser.call("POST", "/api/v1/account/password-resets", {
      body: { email: body.email },
    });
    assert.equal(reset.status, 503);
    await app.runJobs();
    assert.deepEqual(app.mails, []);
    assert.deepEqual(await app.database("registrations"), []);
    assert.ok(!JSON.stringify(app.logged).includes("token="));
  });
  await withApp({ APP_ENV: "production", SMTP_URL: "smtp://mail.example.test", ...keys }, async (app) => {
    assert.equal((await createClient(app).call("GET", "/register")).status, 200);
  });
});

test("a closed registration is refused everywhere and offered nowhere", async () => {
  await withApp({ REGISTRATION: "closed" }, async (app) => {
    const browser = createClient(app);
    assert.equal((await browser.call("GET", "/register")).status, 403);
    const login = await browser.call("GET", "/login");
    assert.doesNotMatch(login.text, /href="\/register"/);
    assert.match(login.text, /href="\/forgot"/);
    const body = { email: "one@example.test", name: "N", password: "a quiet harbour" };
    const answer = await browser.call("POST", "/api/v1/account/registrations", { body });
    assert.equal(answer.status, 403);
    assert.equal(answer.json()["code"], "registration-closed");
    assert.deepEqual(await app.database("registrations"), []);
  });
});

test("a person who must have a second factor reaches nothing else before setting it up", async () => {
  await withApp({ SECOND_FACTOR: "staff" }, async (app) => {
    const user = await addUser(app, "user");
    assert.equal((await user.call("GET", "/account")).status, 200, "people are free");
    const admin = await addUser(app, "admin");
    for (const path of ["/admin", "/account", "/account/password", "/admin/users"]) {
      const page = await admin.call("GET", path, { headers: { Accept: "text/html" } });
      assert.deepEqual([page.status, page.headers.get("location")], [303, "/account/second-factor"], path);
    }
    const refused = await admin.call("GET", "/api/v1/customers");
    assert.deepEqual([refused.status, refused.json()["code"]], [403, "second-factor-needed"]);
    assert.equal((await admin.call("GET", "/account/second-factor")).status, 200);
    assert.equal((await admin.call("GET", "/api/v1/session")).status, 200);
    const begun = await admin.call("POST", "/api/v1/account/second-factor", { body: { password } });
    const { secret } = begun.json<{ secret: string }>();
    const code = totpCode(secret, totpStep(Date.now()));
    assert.equal(
      (await admin.call("POST", "/api/v1/account/second-factor/confirm", { body: { code } })).status,
      200,
    );
    assert.equal((await admin.call("GET", "/admin")).status, 200);
  });
});

test("a new administrator must sign in again, and an old registration changes nothing", async () => {
  await withApp({}, async (app) => {
    const accounts = createAccountStore(app.database);
    const unknowable = await hashPassword("nobody knows this one");
    const user = await addUser(app, "user");
    await accounts.makeAdministrator({ email: user.email, name: "x", passwordHash: undefined, unknowable });
    assert.equal((await user.call("GET", "/api/v1/session")).status, 401);
    assert.equal((await user.login(user.email, password)).status, 204, "the password stays");
    const made = await accounts.makeAdministrator({
      email: user.email,
      name: "x",
      passwordHash: await hashPassword("another fine phrase"),
      unknowable,
    });
    assert.equal(made.role, "admin");
    assert.notEqual(made.name, "x", "the name stays");
    assert.equal((await user.call("GET", "/api/v1/session")).status, 401);
    assert.equal((await createClient(app).login(user.email, password)).status, 401);

    const email = "late@example.test";
    const browser = createClient(app);
    const body = { email, name: "N", password: "a quiet harbour" };
    assert.equal((await browser.call("POST", "/api/v1/account/registrations", { body })).status, 202);
    await app.runJobs();
    const token = /token=([\w-]+)/.exec(app.mails.at(-1)?.text ?? "")?.[1];
    // Another person creates the account in between.
    await accounts.insert({
      email,
      name: "Admin",
      passwordHash: await hashPassword("a phrase of the admin"),
      role: "admin",
    });
    const confirmed = await browser.call("POST", "/api/v1/account/registrations/confirm", {
      body: { token, password: body.password },
    });
    assert.equal(confirmed.status, 410, confirmed.text);
    const stored = await accounts.findByEmail(email);
    assert.deepEqual([stored?.role, stored?.name], ["admin", "Admin"]);
    assert.equal((await createClient(app).login(email, "a phrase of the admin")).status, 204);
    assert.equal((await createClient(app).login(email, body.password)).status, 401);
  });
});

test("the second step ends with the password that the first one asked for", async () => {
  await withApp({}, async (app) => {
    const user = await addUser(app, "user");
    const begun = await user.call("POST", "/api/v1/account/second-factor", { body: { password } });
    const { secret } = begun.json<{ secret: string }>();
    const confirm = await user.call("POST", "/api/v1/account/second-factor/confirm", {
      body: { code: totpCode(secret, totpStep(Date.now())) },
    });
    const [recovery = ""] = confirm.json<{ recoveryCodes: string[] }>().recoveryCodes;
    assert.ok(recovery.replaceAll("-", "").length * 5 >= 112, "112 bits and more");
    const browser = createClient(app);
    const second = await browser.submit("/login", "/login", { email: user.email, password });
    assert.match(second.text, /name="code"/);
    await createAccountStore(app.database).setPassword(user.id, await hashPassword("another fine phrase"));
    const late = await browser.call("POST", "/login/code", {
      form: { _token: /name="_token" value="([^"]+)"/.exec(second.text)?.[1] ?? "", code: recovery },
    });
    assert.equal(late.status, 410);
  });
});

test("guesses at the second factor from outside lock no one out, and failed ones are in the audit log", async () => {
  await withApp({}, async (app) => {
    const user = await addUser(app, "user");
    const wrong = await user.call("POST", "/api/v1/account/second-factor", {
      body: { password: "not mine" },
    });
    assert.equal(wrong.status, 401);
    const begun = await user.call("POST", "/api/v1/account/second-factor", { body: { password } });
    const { secret } = begun.json<{ secret: string }>();
    const unfit = await user.call("POST", "/api/v1/account/second-factor/confirm", {
      body: { code: "000000" },
    });
    assert.equal(unfit.status, 401);
    const failed = await app.database("audit_events").where({ event: "reauthentication-failed" });
    assert.equal(failed.length, 2);
    // One step early or late is taken, and none twice.
    const first = totpStep(Date.now());
    const confirmed = await user.call("POST", "/api/v1/account/second-factor/confirm", {
      body: { code: totpCode(secret, first) },
    });
    assert.ok(confirmed.status < 300, confirmed.text);
    const guesser = createClient(app);
    const statuses: number[] = [];
    for (let guess = 0; guess < 11; guess += 1)
      statuses.push((await guesser.login(user.email, password, "AAAA-BBBB")).status);
    assert.deepEqual(statuses.slice(9), [401, 429]);
    const next = Math.max(first + 1, totpStep(Date.now()));
    const own = await user.login(user.email, password, totpCode(secret, next));
    assert.equal(own.status, 204, own.text);
  });
});
