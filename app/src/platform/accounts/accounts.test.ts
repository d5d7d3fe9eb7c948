import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, createClient, password } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { totpCode, totpStep } from "./totp.ts";

let app: TestApp;

before(async () => {
  app = await startTestApp();
});

after(async () => {
  await app.close();
});

async function mailedToken(to: string): Promise<string> {
  await app.runJobs();
  const mail = app.mails.findLast((sent) => sent.to === to);
  assert.ok(mail, `no mail to ${to}`);
  assert.ok(mail.html.includes("token=") === mail.text.includes("token="));
  return /token=([\w-]+)/.exec(mail.text)?.[1] ?? "";
}

test("register, confirm by mail, and be signed in", async () => {
  const email = "nina@example.test";
  const client = createClient(app);
  const begun = await client.call("POST", "/api/v1/account/registrations", {
    body: { email, name: "Nina", password: "a quiet harbour" },
  });
  assert.equal(begun.status, 202);
  assert.equal(
    (await client.login(email, "a quiet harbour")).status,
    401,
    "not before the address is confirmed",
  );
  const token = await mailedToken(email);
  const stranger = await client.call("POST", "/api/v1/account/registrations/confirm", {
    body: { token, password: "not the one" },
  });
  assert.equal(stranger.json()["code"], "wrong-credentials");
  const confirm = () =>
    client.call("POST", "/api/v1/account/registrations/confirm", {
      body: { token, password: "a quiet harbour" },
    });
  assert.equal((await confirm()).status, 204);
  const me = await client.call("GET", "/api/v1/session");
  assert.equal(me.json()["email"], email);
  assert.equal(me.json()["role"], "user");
  assert.equal(
    (
      await createClient(app).call("POST", "/api/v1/account/registrations/confirm", {
        body: { token, password: "a quiet harbour" },
      })
    ).status,
    410,
    "once",
  );
});

test("a known address gets the same answer as an unknown one, and a mail that says so", async () => {
  const known = await addUser(app, "user");
  const client = createClient(app);
  const body = { name: "X", password: "a quiet harbour" };
  const first = await client.call("POST", "/api/v1/account/registrations", {
    body: { ...body, email: known.email },
  });
  const second = await client.call("POST", "/api/v1/account/registrations", {
    body: { ...body, email: "new1@example.test" },
  });
  assert.deepEqual([first.status, first.text], [second.status, second.text]);
  const reset = await client.call("POST", "/api/v1/account/password-resets", {
    body: { email: known.email },
  });
  const none = await client.call("POST", "/api/v1/account/password-resets", {
    body: { email: "nobody@example.test" },
  });
  assert.deepEqual([reset.status, reset.text], [none.status, none.text]);
  await app.runJobs();
  assert.match(
    app.mails.find(({ to, subject }) => to === known.email && subject.includes("already"))?.text ?? "",
    /has an account already/,
  );
  assert.equal(
    app.mails.some(({ to }) => to === "nobody@example.test"),
    false,
  );
  assert.equal(
    (await client.login(known.email, password)).status,
    204,
    "the registration attempt changed nothing",
  );
});

test("short, common and own-name passwords are refused with their reason", async () => {
  const attempt = async (secret: string) => {
    const body = { email: "harbourmaster@example.test", name: "N", password: secret };
    return (await createClient(app).call("POST", "/api/v1/account/registrations", { body })).json<{
      errors: { field: string; message: string }[];
    }>().errors[0];
  };
  assert.match((await attempt("short"))?.message ?? "", /at least 8/);
  assert.match((await attempt("Password1"))?.message ?? "", /guessed first/);
  assert.match((await attempt("HarbourMaster"))?.message ?? "", /e-mail address/);
  const long = await createClient(app).call("POST", "/api/v1/account/registrations", {
    body: { email: "long@example.test", name: "N", password: "ж ".repeat(60) },
  });
  assert.equal(long.status, 202, "long ones and any script are welcome");
});

test("changing the password asks for the old one and ends the other sessions only", async () => {
  const user = await addUser(app, "user");
  const other = createClient(app);
  await other.login(user.email, password);
  const change = (current: string) =>
    user.call("PUT", "/api/v1/account/password", { body: { current, password: "another fine phrase" } });
  assert.equal((await change("wrong wrong")).status, 401);
  assert.equal((await change(password)).status, 204);
  assert.equal((await user.call("GET", "/api/v1/session")).status, 200);
  assert.equal((await other.call("GET", "/api/v1/session")).status, 401);
  assert.equal((await createClient(app).login(user.email, password)).status, 401);
});

test("a reset link works once, for ten minutes, and ends every session", async () => {
  const user = await addUser(app, "user");
  const ask = () =>
    createClient(app).call("POST", "/api/v1/account/password-resets", { body: { email: user.email } });
  const use = (token: string) =>
    createClient(app).call("POST", "/api/v1/account/password-resets/confirm", {
      body: { token, password: "yet another phrase" },
    });
  await ask();
  const first = await mailedToken(user.email);
  await ask();
  const second = await mailedToken(user.email);
  assert.equal((await use(first)).status, 410, "a newer link takes the place of an older one");
  await app
    .database("one_time_codes")
    .where({ email: user.email })
    .update({ expires_at: app.database.fn.now() });
  assert.equal((await use(second)).status, 410, "too old");
  await ask();
  const third = await mailedToken(user.email);
  const both = await Promise.all([use(third), use(third)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [204, 410], "once");
  assert.equal((await user.call("GET", "/api/v1/session")).status, 401);
  assert.equal((await user.login(user.email, "yet another phrase")).status, 204);
  const stored = await app.database("jobs.job").select("data");
  assert.equal(JSON.stringify(stored).includes(third), false, "the queue never holds a code");
});

test("the database holds no token, password or code in the clear, and neither does the log", async () => {
  const user = await addUser(app, "user");
  const token = (user.cookies.get("session-test") ?? "").split(".")[0] ?? "";
  const { rows } = await app.database.raw<{ rows: { text: string }[] }>(
    "select row_to_json(s)::text as text from sessions s union all select row_to_json(u)::text from users u",
  );
  const stored = rows.map(({ text }) => text).join("\n");
  assert.equal(stored.includes(token), false);
  assert.equal(stored.includes(password), false);
  assert.match(stored, /argon2id\$v=19\$m=19456,t=2,p=1/);
  const log = JSON.stringify(app.logged);
  assert.equal(log.includes(token) || log.includes(password), false);
  assert.equal(log.includes("token="), false);
});

test("the audit log records the event, the person and the address", async () => {
  const user = await addUser(app, "user");
  await user.call("DELETE", "/api/v1/session");
  const events = await app
    .database("audit_events")
    .where({ actor_id: user.id })
    .orderBy("id")
    .select<{ event: string; address: string }[]>("event", "address");
  assert.deepEqual(
    events.map(({ event }) => event),
    ["login", "logout"],
  );
  assert.ok(events.every(({ address }) => address.includes("127.0.0.1")));
});

test("pages: register, confirm, second factor at login, and no request goes to another site", async () => {
  const email = "page@example.test";
  const client = createClient(app);
  const wrong = await client.submit("/register", "/register", { name: "", email: "x", password: "x" });
  assert.equal(wrong.status, 400);
  const sent = await client.submit("/register", "/register", {
    name: "Page",
    email,
    password: "a quiet harbour",
  });
  assert.match(sent.text, /Look into your mail/);
  const token = await mailedToken(email);
  const verified = await client.submit(`/verify?token=${token}`, "/verify", {
    token,
    password: "a quiet harbour",
  });
  assert.equal(verified.headers.get("location"), "/account?done=verified");
  const scan = await client.submit("/account/second-factor", "/account/second-factor", {
    password: "a quiet harbour",
  });
  const secret = /<code>([A-Z2-7]{32})<\/code>/.exec(scan.text)?.[1] ?? "";
  const code = (shift: number) => totpCode(secret, totpStep(Date.now()) + shift);
  const codes = await client.submit("/account", "/account/second-factor/confirm", { code: code(-1) });
  assert.equal(codes.text.match(/<li><code>/g)?.length, 10);
  await client.submit("/account", "/logout", {});
  const second = await client.submit("/login", "/login", {
    email,
    password: "a quiet harbour",
    next: "https://evil.example.test/",
  });
  assert.match(second.text, /name="code"/);
  const inside = await client.submit("/login", "/login/code", {
    code: code(0),
    next: "//evil.example.test/",
  });
  assert.equal(inside.headers.get("location"), "/account");
});

test("a mailed token is in one address only, and its pages do not pass it on", async () => {
  const user = await addUser(app, "user");
  const browser = createClient(app);
  await browser.call("POST", "/api/v1/account/password-resets", { body: { email: user.email } });
  const token = await mailedToken(user.email);
  const opened = await browser.call("GET", `/reset?token=${token}`);
  assert.deepEqual([opened.status, opened.headers.get("location")], [303, "/reset"]);
  const form = await browser.call("GET", "/reset");
  assert.ok(!form.text.includes(token));
  for (const answer of [opened, form]) assert.equal(answer.headers.get("referrer-policy"), "strict-origin");
  const stranger = await createClient(app).submit("/reset", "/reset", { password: "another fine phrase" });
  assert.equal(stranger.status, 410, "the link has to be opened here");
  const rubbish = await createClient(app).submit("/reset?token=x;y", "/reset", {
    password: "another fine phrase",
  });
  assert.equal(rubbish.status, 410);
  const done = await browser.submit("/reset", "/reset", { password: "another fine phrase" });
  assert.equal(done.status, 303, done.text);
  assert.equal((await createClient(app).login(user.email, "another fine phrase")).status, 204);
  assert.equal((await browser.submit("/reset", "/reset", { password: "yet another phrase" })).status, 410);
});
