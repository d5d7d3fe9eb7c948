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

test("login does the same work for a known and an unknown address", async () => {
  const known = await addUser(app, "user");
  const client = createClient(app);
  const wrong = await client.login(known.email, "wrong wrong wrong");
  const unknown = await client.login("unknown@example.test", "wrong wrong wrong");
  const strip = (text: string) => text.replace(/urn:request:[\w-]+/, "");
  assert.deepEqual([wrong.status, strip(wrong.text)], [unknown.status, strip(unknown.text)]);
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

test("a login gets a new session and ends the one before; logout ends it on the server", async () => {
  const user = await addUser(app, "user");
  const old = user.cookies.get("session") ?? "";
  await user.login(user.email, password);
  const fresh = user.cookies.get("session") ?? "";
  assert.notEqual(fresh, old);
  const withCookie = (value: string) =>
    createClient(app).call("GET", "/api/v1/session", { headers: { Cookie: `session=${value}` } });
  assert.equal((await withCookie(old)).status, 401);
  assert.equal((await withCookie(fresh)).status, 200);
  assert.equal((await user.call("DELETE", "/api/v1/session")).status, 204);
  assert.equal((await withCookie(fresh)).status, 401);
});

test("sessions are listed and ended one by one or all at once, and only one's own", async () => {
  const user = await addUser(app, "user");
  const other = createClient(app);
  await other.login(user.email, password);
  const stranger = await addUser(app, "user");
  const { items } = (await user.call("GET", "/api/v1/account/sessions")).json<{
    items: { id: number; current: boolean }[];
  }>();
  assert.equal(items.length, 2);
  const foreign = items.find(({ current }) => !current)?.id ?? 0;
  assert.equal((await stranger.call("DELETE", `/api/v1/account/sessions/${foreign}`)).status, 404);
  assert.equal((await user.call("DELETE", `/api/v1/account/sessions/${foreign}`)).status, 204);
  assert.equal((await other.call("GET", "/api/v1/session")).status, 401);
  assert.equal((await user.call("DELETE", "/api/v1/account/sessions")).status, 204);
  assert.equal((await user.call("GET", "/api/v1/session")).status, 401);
});

test("idle and absolute limits end a session, and disabling its person does at once", async () => {
  const user = await addUser(app, "user");
  const status = async () => (await user.call("GET", "/api/v1/session")).status;
  const shift = (column: string, text: string) =>
    app
      .database("sessions")
      .where({ user_id: user.id })
      .update({ [column]: app.database.raw(`now() ${text}`) });
  await shift("last_seen_at", "- interval '25 hours'");
  assert.equal(await status(), 401);
  await user.login(user.email, password);
  await shift("expires_at", "- interval '1 second'");
  assert.equal(await status(), 401);
  await user.login(user.email, password);
  assert.equal(await status(), 200);
  await app.database("users").where({ id: user.id }).update({ disabled_at: app.database.fn.now() });
  assert.equal(await status(), 401);
  assert.equal((await user.login(user.email, password)).status, 401);
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

test("the second factor: on with a code, asked for at login, each code once, recovery codes once", async () => {
  const user = await addUser(app, "user");
  const begun = await user.call("POST", "/api/v1/account/second-factor", { body: { password } });
  const { secret } = begun.json<{ secret: string }>();
  const code = (shift = 0) => totpCode(secret, totpStep(Date.now()) + shift);
  assert.equal((await user.login(user.email, password)).status, 204, "not in force before it is confirmed");
  assert.equal(
    (await user.call("POST", "/api/v1/account/second-factor/confirm", { body: { code: "000000" } })).status,
    401,
  );
  const confirmed = await user.call("POST", "/api/v1/account/second-factor/confirm", {
    body: { code: code(-1) },
  });
  const { recoveryCodes } = confirmed.json<{ recoveryCodes: string[] }>();
  assert.equal(new Set(recoveryCodes).size, 10);
  const fresh = createClient(app);
  assert.equal((await fresh.login(user.email, password)).json()["code"], "second-factor-required");
  assert.equal(
    (await fresh.login(user.email, password, code(-1))).status,
    401,
    "the confirming code is used up",
  );
  const used = code(0);
  assert.equal((await fresh.login(user.email, password, used)).status, 204);
  assert.equal((await createClient(app).login(user.email, password, used)).status, 401, "a code works once");
  const recovery = recoveryCodes[0] ?? "";
  assert.equal((await createClient(app).login(user.email, password, recovery.toLowerCase())).status, 204);
  assert.equal((await createClient(app).login(user.email, password, recovery)).status, 401);
  assert.equal((await createClient(app).login(user.email, "wrong wrong", code(1))).status, 401);
  assert.equal(
    (await fresh.call("DELETE", "/api/v1/account/second-factor", { body: { password } })).status,
    204,
  );
  assert.equal((await createClient(app).login(user.email, password)).status, 204);
});

test("guessing is throttled per account, yet the owner's own browser still gets in", async () => {
  const owner = await addUser(app, "user");
  const guesser = createClient(app);
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess += 1)
    statuses.push((await guesser.login(owner.email, "a wrong guess")).status);
  assert.deepEqual(statuses.slice(0, 10), Array<number>(10).fill(401));
  assert.deepEqual(statuses.slice(10), [429, 429]);
  const refused = await guesser.login(owner.email, password);
  assert.equal(refused.status, 429, "even with the right password, from an unknown browser");
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await owner.login(owner.email, password)).status, 204);
  await app.database("throttles").delete();
});

test("unknown addresses are throttled like known ones, and one address cannot try many accounts", async () => {
  const client = createClient(app);
  for (let guess = 0; guess < 10; guess += 1) await client.login("ghost@example.test", "a wrong guess");
  assert.equal((await client.login("ghost@example.test", "a wrong guess")).status, 429);
  await app
    .database("throttles")
    .insert({ key: "login address 127.0.0.1", count: 100 })
    .onConflict("key")
    .merge();
  assert.equal((await client.login("other@example.test", "a wrong guess")).status, 429);
  await app.database("throttles").delete();
});

test("over https cookies are __Host-, Secure, HttpOnly and SameSite", async () => {
  const secure = await startTestApp({ environment: { PUBLIC_URL: "https://app.example.test" } });
  try {
    const page = await fetch(`${secure.url}/login`);
    const [cookie = ""] = page.headers.getSetCookie();
    assert.match(cookie, /^__Host-visitor=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const foreign = await fetch(`${secure.url}/api/v1/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: "https://evil.example.test" },
      body: "{}",
    });
    assert.equal(foreign.status, 403);
  } finally {
    await secure.close();
  }
});

test("the database holds no token, password or code in the clear, and neither does the log", async () => {
  const user = await addUser(app, "user");
  const token = (user.cookies.get("session") ?? "").split(".")[0] ?? "";
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

test("the audit log tells what happened to whom from where", async () => {
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

test("the pages do it too: register, confirm, second factor at login, and nothing goes to another site", async () => {
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
