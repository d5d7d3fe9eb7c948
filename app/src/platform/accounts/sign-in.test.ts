import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, createClient, password } from "../../../tests/support/client.ts";
import { throttleKey } from "./throttle.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { totpCode, totpStep } from "./totp.ts";

let app: TestApp;

before(async () => {
  app = await startTestApp();
});

after(async () => {
  await app.close();
});

test("login does the same work for a known and an unknown address", async () => {
  const known = await addUser(app, "user");
  const client = createClient(app);
  const wrong = await client.login(known.email, "wrong wrong wrong");
  const unknown = await client.login("unknown@example.test", "wrong wrong wrong");
  const strip = (text: string) => text.replace(/urn:request:[\w-]+/, "");
  assert.deepEqual([wrong.status, strip(wrong.text)], [unknown.status, strip(unknown.text)]);
});

test("a login gets a new session and ends the one before; logout ends it on the server", async () => {
  const user = await addUser(app, "user");
  const old = user.cookies.get("session-test") ?? "";
  await user.login(user.email, password);
  const fresh = user.cookies.get("session-test") ?? "";
  assert.notEqual(fresh, old);
  const withCookie = (value: string) =>
    createClient(app).call("GET", "/api/v1/session", { headers: { Cookie: `session-test=${value}` } });
  assert.equal((await withCookie(old)).status, 401);
  assert.equal((await withCookie(fresh)).status, 200);
  assert.equal((await user.call("DELETE", "/api/v1/session")).status, 204);
  assert.equal((await withCookie(fresh)).status, 401);
});

test("people list and end their own sessions, one by one or all at once", async () => {
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

test("guessing is throttled per account, but the owner's own browser still signs in", async () => {
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
    .insert({ key: throttleKey("login from 127.0.0.1"), count: 100 })
    .onConflict("key")
    .merge();
  assert.equal((await client.login("other@example.test", "a wrong guess")).status, 429);
  await app.database("throttles").delete();
});
