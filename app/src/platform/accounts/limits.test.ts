import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addUser, createClient, password } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createLimiter } from "./limiter.ts";
import { hashPassword } from "./password.ts";

let app: TestApp;

before(async () => {
  app = await startTestApp({ environment: { TRUST_PROXY: "1" } });
});

after(() => app.close());

beforeEach(async () => {
  await app.database("throttles").delete();
  await app.database("audit_events").delete();
});

const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });

/** Tries to sign in from an address; answers the status. */
async function attempt(address: string, email: string, secret = "a wrong guess"): Promise<number> {
  const body = { email, password: secret };
  return (await createClient(app).call("POST", "/api/v1/session", { ...from(address), body })).status;
}

const eventsOf = (event: string) =>
  app.database("audit_events").where({ event }).select<{ subject: string }[]>("subject");

test("refusals write one row per window, and are not counted further", async () => {
  await app.database("throttles").insert({ key: "unrelated", count: 1 });
  for (let guess = 0; guess < 130; guess += 1) await attempt("192.0.2.1", `guess${guess}@example.test`);
  assert.equal((await eventsOf("login-failed")).length, 100);
  assert.equal((await eventsOf("login-throttled")).length, 1);
  const rows = await app.database("throttles").select<{ key: string; count: number }[]>("key", "count");
  assert.ok(rows.every(({ key, count }) => key === "unrelated" || (key.length === 43 && count <= 101)));
  assert.equal(rows.length, 1 + 1 + 100);
});

test("the right password is never counted: a house of many signs in", async () => {
  const { email } = await addUser(app, "user");
  await app.database("throttles").delete();
  for (let time = 0; time < 105; time += 1) assert.equal(await attempt("192.0.2.2", email, password), 204);
  assert.equal(await attempt("192.0.2.2", email), 401);
});

test("an IPv6 network is one client, and one of another network another", async () => {
  const statuses: number[] = [];
  for (let host = 1; host <= 101; host += 1)
    statuses.push(await attempt(`2001:db8:0:7::${host.toString(16)}`, `v6-${host}@example.test`));
  assert.deepEqual([...new Set(statuses.slice(0, 100))], [401]);
  assert.equal(statuses[100], 429);
  assert.equal(await attempt("2001:db8:0:7:ffff::1", "other@example.test"), 429);
  assert.equal(await attempt("2001:db8:0:8::1", "other@example.test"), 401);
});

test("an account has one budget, however its address is spelt", async () => {
  const { email } = await addUser(app, "user");
  await app.database("throttles").delete();
  const spellings = [email, email.toUpperCase(), `U${email.slice(1)}`];
  for (let guess = 0; guess < 10; guess += 1)
    assert.equal(await attempt(`192.0.2.${guess}`, spellings[guess % 3] ?? email), 401);
  assert.equal(await attempt("192.0.2.99", email.toUpperCase()), 429);
});

test("a refused registration costs no hash and leaves none", async () => {
  const register = (email: string) =>
    createClient(app).call("POST", "/api/v1/account/registrations", {
      ...from("192.0.2.3"),
      body: { email, name: "N", password: "a quiet harbour" },
    });
  for (let time = 0; time < 5; time += 1) assert.equal((await register("One@example.test")).status, 202);
  const before = await app.database("registrations").where({ email: "one@example.test" }).first<{
    password_hash: string;
  }>("password_hash");
  const refused = await register("one@example.test");
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  const after = await app.database("registrations").where({ email: "one@example.test" }).first<{
    password_hash: string;
  }>("password_hash");
  assert.deepEqual(after, before);
  await register("one@example.test");
  assert.equal((await eventsOf("mail-throttled")).length, 1);
});

test("a registration and its mail are there together, or neither is", async () => {
  // Mail can be queued no longer: a table that takes no rows stands for a database that fails at
  // that moment.
  await app.queue.ready();
  await app.database.raw(
    "create function refuse_jobs() returns trigger language plpgsql as $$ begin raise exception 'no more' using errcode = '57P03'; end $$",
  );
  await app.database.raw(
    "create trigger refuse before insert on jobs.job_common for each row execute function refuse_jobs()",
  );
  const email = "neither@example.test";
  const answer = await createClient(app).call("POST", "/api/v1/account/registrations", {
    body: { email, name: "N", password: "a quiet harbour" },
  });
  await app.database.raw("drop function refuse_jobs() cascade");
  assert.equal(answer.status, 503, answer.text);
  assert.deepEqual(await app.database("registrations").where({ email }), []);
});

test("a page that refuses says when to try again", async () => {
  const browser = createClient(app);
  const answers = [];
  for (let guess = 0; guess < 11; guess += 1) {
    answers.push(await browser.submit("/login", "/login", { email: "page@example.test", password: "x" }));
  }
  assert.equal(answers[9]?.status, 401);
  assert.equal(answers[10]?.status, 429);
  assert.ok(Number(answers[10].headers.get("retry-after")) > 0);
});

test("two at once, a few that wait, and no more", async () => {
  const limited = createLimiter({ running: 2, waiting: 1 });
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const work = () =>
    limited(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    });
  const taken = [work(), work(), work()];
  await assert.rejects(work(), { status: 503, headers: { "Retry-After": "2" } });
  while (ends.length > 0) {
    ends.shift()?.();
    await new Promise(setImmediate);
  }
  await Promise.all(taken);
  assert.equal(most, 2);
  await Promise.all([limited(() => Promise.resolve()), limited(() => Promise.resolve())]);
});

test("a browser that has signed in before is let in while strangers take every place to wait", async () => {
  const { email } = await addUser(app, "user");
  const browser = createClient(app);
  const signsIn = async () => {
    // Their session has ended; what the browser is known by stays.
    for (const name of browser.cookies.keys()) if (name.includes("session")) browser.cookies.delete(name);
    const body = { email, password };
    return (await browser.call("POST", "/api/v1/session", { ...from("192.0.2.9"), body, withoutToken: true }))
      .status;
  };
  assert.equal(await signsIn(), 204);

  // Each place that gets free is taken again, as by strangers from many networks.
  let flooding = true;
  const strangers = Array.from({ length: 40 }, async () => {
    while (flooding) await hashPassword("a wrong guess").catch(() => sleep(5));
  });
  try {
    for (let time = 0; time < 4; time += 1) assert.equal(await signsIn(), 204);
    assert.equal(await attempt("192.0.2.10", email, password), 503);
  } finally {
    flooding = false;
    await Promise.all(strangers);
  }
});
