import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { addUser } from "../../../tests/support/client.ts";
import { until } from "../../../tests/support/program.ts";
import { rawCall } from "../../../tests/support/raw-call.ts";
import { isLite } from "../../../tests/support/test-database.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let media: string;

before(async () => {
  media = await mkdtemp(join(tmpdir(), "berth-health-"));
  app = await startTestApp({ environment: { MEDIA_DIR: media } });
});

after(async () => {
  await app.close();
  await rm(media, { recursive: true });
});

test("ready names stack and release, and every response carries the release", async () => {
  const response = await fetch(`${app.url}/health/ready`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-release"), "r-test");
  assert.deepEqual(await response.json(), {
    stack: "test",
    release: "r-test",
    ready: true,
    checks: {
      database: { ok: true },
      migrations: { ok: true },
      drain: { ok: true },
      storage: { ok: true },
    },
  });
});

test("a container's health check is 0 while ready, and says why it is not", async () => {
  const script = join(import.meta.dirname, "..", "..", "healthcheck.sh");
  const check = (port: string) =>
    promisify(execFile)("bash", [script, port]).then(
      () => ({ code: 0, stderr: "" }),
      (error: unknown) => error as { code: number; stderr: string },
    );
  const own = await startTestApp({ environment: { MEDIA_DIR: media } });
  const { port } = new URL(own.url);
  try {
    assert.deepEqual(await check(port), { code: 0, stderr: "" });
    own.beginDrain();
    const draining = await check(port);
    assert.equal(draining.code, 1);
    assert.match(draining.stderr, /answered HTTP\/1\.1 503 [^]*"drain":\{"ok":false/);
  } finally {
    await own.close();
  }
  const gone = await check(port);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /refused/);
});

test("startup is refused until the process has been ready once, and stays from then on", async () => {
  const fresh = await startTestApp({ environment: { MEDIA_DIR: media } });
  try {
    const name = "20261121_1200_customers_create";
    const rename = (from: string, to: string) =>
      fresh.database("knex_migrations").where({ name: from }).update({ name: to });
    const startup = async () => {
      fresh.passTime(1);
      return (await fetch(`${fresh.url}/health/startup`)).status;
    };
    await rename(name, "20000101_0000_other");
    assert.equal(await startup(), 503);
    await rename("20000101_0000_other", name);
    assert.equal(await startup(), 200);
    fresh.beginDrain();
    assert.equal((await fetch(`${fresh.url}/health/ready`)).status, 503);
    assert.equal(await startup(), 200);
  } finally {
    await fresh.close();
  }
});

test("ready is refused while a migration of this release is missing, and says which", async () => {
  const name = "20261121_1200_customers_create";
  await app.database("knex_migrations").where({ name }).update({ name: "20000101_0000_other" });
  app.passTime(1);
  const response = await fetch(`${app.url}/health/ready`);
  app.passTime(1);
  await app.database("knex_migrations").where({ name: "20000101_0000_other" }).update({ name });
  assert.equal(response.status, 503);
  assert.match(await response.text(), new RegExp(`not applied: ${name}`));
});

test("the welcome page shows stack and release under a strict policy", async () => {
  const response = await fetch(app.url);
  const text = await response.text();
  assert.match(text, /<dd>test<\/dd>/);
  assert.match(text, /r-test/);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(response.headers.get("x-powered-by"), null);
});

test("an unknown address answers problem details with the request id", async () => {
  const response = await fetch(`${app.url}/nowhere`, { headers: { Accept: "application/json" } });
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
  const body = (await response.json()) as Record<string, unknown>;
  assert.equal(body["code"], "not-found");
  assert.equal(body["instance"], `urn:request:${response.headers.get("x-request-id") ?? ""}`);
});

test(
  "connections that Postgres cut are replaced without any answer of 500",
  { skip: isLite ? "PGlite has one session" : false },
  async () => {
    await Promise.all(Array.from({ length: 5 }, () => fetch(`${app.url}/login`)));
    const cut = await app.database.raw<{ rowCount: number }>(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    assert.ok(cut.rowCount > 0);
    const statuses: number[] = [];
    const both = ["/login", "/health/ready"];
    for (let attempt = 0; attempt < 20 && statuses.slice(-2).join() !== "200,200"; attempt += 1) {
      app.passTime(1);
      for (const path of both) statuses.push((await fetch(app.url + path)).status);
    }
    assert.deepEqual(statuses.slice(-2), [200, 200]);
    assert.ok(
      statuses.every((status) => status === 200 || status === 503),
      statuses.join(" "),
    );
  },
);

test("many probes in one second query the database once", async () => {
  app.passTime(1);
  const looks: string[] = [];
  const count = ({ sql }: { sql: string }) => {
    if (sql === "select 1") looks.push(sql);
  };
  app.pool.on("query", count);
  for (let probe = 0; probe < 5; probe += 1) {
    assert.equal((await fetch(`${app.url}/health/ready`)).status, 200);
  }
  assert.equal(looks.length, 1);
  app.passTime(1);
  await fetch(`${app.url}/health/ready`);
  assert.equal(looks.length, 2);
  app.pool.off("query", count);
});

test("in production strangers only learn that it is ready", async () => {
  const keys = join(media, "keys");
  await writeFile(keys, `${"k".repeat(40)}\n`);
  const own = await startTestApp({
    environment: { MEDIA_DIR: media, APP_ENV: "production", SESSION_KEYS_FILE: keys },
  });
  try {
    const ask = (headers: Record<string, string> = {}) =>
      fetch(`${own.url}/health/ready`, { headers }).then((response) => response.json());
    let told: unknown;
    // A check that takes too long on a busy machine counts as failed.
    await until(
      async () => {
        told = await ask({ "X-Forwarded-For": "192.0.2.7" });
        return (told as { ready: boolean }).ready;
      },
      () => JSON.stringify(told),
    );
    assert.deepEqual(told, { ready: true });
    const local = (await ask()) as { checks?: object };
    assert.ok(local.checks, "the container's own health check");
    const anonymous = await fetch(`${own.url}/api/v1/openapi.json`);
    assert.equal(anonymous.status, 401, "the API's description is for staff");
    const staff = await addUser(own, "staff");
    assert.equal((await staff.call("GET", "/api/v1/openapi.json")).status, 200);
    const user = await addUser(own, "user");
    assert.equal((await user.call("GET", "/api")).status, 403);
  } finally {
    await own.close();
  }
  const open = await startTestApp({
    environment: { MEDIA_DIR: media, APP_ENV: "production", SESSION_KEYS_FILE: keys, API_DOCS: "open" },
  });
  assert.equal((await fetch(`${open.url}/api/v1/openapi.json`)).status, 200);
  await open.close();
});

test("an unsupported method is answered 405 with the supported ones", async () => {
  for (const [method, path, allow] of [
    ["DELETE", "/login", "GET, HEAD, OPTIONS, POST"],
    ["TRACE", "/login", "GET, HEAD, OPTIONS, POST"],
    ["PUT", "/api/v1/session", "DELETE, GET, HEAD, OPTIONS, POST"],
    ["POST", "/api/v1/customers/1", "DELETE, GET, HEAD, OPTIONS, PUT"],
    // Not `:id` either, which would take these as an id.
    ["PUT", "/api/v1/customers/export", "GET, HEAD, OPTIONS"],
    ["DELETE", "/api/v1/customers/import", "OPTIONS, POST"],
  ] as const) {
    const answer = await rawCall(app.url, { method, path, headers: { Accept: "application/json" } });
    assert.deepEqual([answer.status, answer.headers.allow], [405, allow], `${method} ${path}`);
    assert.equal((JSON.parse(answer.text) as { code: string }).code, "method-not-allowed");
  }
  const options = await rawCall(app.url, { method: "OPTIONS", path: "/login" });
  assert.deepEqual([options.status, options.headers.allow], [204, "GET, HEAD, OPTIONS, POST"]);
  assert.equal((await rawCall(app.url, { method: "TRACE", path: "/nowhere" })).status, 404);
});

test("a missing page is reported in the visitor's language", async () => {
  const page = async (language: string) =>
    (
      await fetch(`${app.url}/nope`, { headers: { Accept: "text/html", "Accept-Language": language } })
    ).text();
  assert.match(await page("en"), /<html lang="en">[^]*There is no page at this address/);
  assert.match(await page("ru"), /<html lang="ru">[^]*По этому адресу страницы нет/);
  assert.doesNotMatch(await page("en"), /GET/);
});

test("live stays, ready goes when draining", async () => {
  app.beginDrain();
  const ready = await fetch(`${app.url}/health/ready`);
  assert.equal(ready.status, 503);
  assert.equal(ready.headers.get("connection"), "close");
  assert.equal((await fetch(`${app.url}/health/live`)).status, 200);
});
