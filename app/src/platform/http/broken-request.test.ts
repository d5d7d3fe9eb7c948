import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { addUser, type Client, createClient } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let media: string;
let app: TestApp;
let admin: Client;

before(async () => {
  media = await mkdtemp(join(tmpdir(), "berth-broken-"));
  app = await startTestApp({ environment: { MEDIA_DIR: media } });
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
  const left = await readdir(media, { recursive: true, withFileTypes: true });
  await rm(media, { recursive: true });
  assert.deepEqual(
    left.filter((entry) => entry.isFile()),
    [],
    "no half file stays",
  );
});

const multipart =
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n';

for (const [path, type, half] of [
  ["/api/v1/customers", "application/json", '{"name":"Ha'],
  ["/api/v1/customers/import", "text/csv", "name,email\nHalf,half@gone.test\n"],
  ["/api/v1/media", "multipart/form-data; boundary=b", multipart],
] as const) {
  // At once: before the handler is asked. Later: while it reads.
  for (const milliseconds of [0, 150]) {
    test(`${path}: a client that goes away after ${milliseconds} ms is a line in the log, and no fault`, async () => {
      const told = () => app.logged.filter(({ msg }) => String(msg).startsWith("the client went away"));
      const before = told().length;
      const token = (await admin.call("GET", "/api/v1/session")).json<{ csrfToken: string }>().csrfToken;
      const sent = request(app.url + path, {
        method: "POST",
        headers: {
          Cookie: [...admin.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          "X-CSRF-Token": token,
          "Content-Type": type,
          "Content-Length": 10_000,
        },
      });
      sent.once("response", ({ statusCode }) =>
        sent.destroy(new Error(`answered ${statusCode ?? 0} already`)),
      );
      const gone = once(sent, "error");
      await new Promise((written) => sent.write(half, "latin1", written));
      await sleep(milliseconds);
      sent.destroy(new Error("changed its mind"));
      const [error] = (await gone) as [Error];
      assert.equal(error.message, "changed its mind");
      const deadline = Date.now() + 20_000;
      while (told().length === before && Date.now() < deadline) await sleep(10);
      assert.deepEqual(
        told()
          .slice(before)
          .map(({ level }) => level),
        ["info"],
      );
    });
  }
}

test("a client that leaves after a complete request is no outage either", async () => {
  const seen = app.logged.length;
  const body = JSON.stringify({ name: "Whole", email: "whole@gone.test" });
  const token = (await admin.call("GET", "/api/v1/session")).json<{ csrfToken: string }>().csrfToken;
  for (let count = 0; count < 20; count += 1) {
    const sent = request(app.url + "/api/v1/customers", {
      method: "POST",
      headers: {
        Cookie: [...admin.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        "X-CSRF-Token": token,
        "Content-Type": "application/json",
        "Content-Length": body.length,
      },
    });
    sent.on("error", () => undefined);
    const closed = new Promise((resolve) => sent.once("close", resolve));
    await new Promise<void>((written) => {
      sent.end(body, written);
    });
    await sleep(count);
    sent.destroy(new Error("changed its mind"));
    await closed;
  }
  await admin.call("GET", "/api/v1/session");
  assert.deepEqual(
    app.logged.slice(seen).filter(({ level }) => level === "warn" || level === "error"),
    [],
  );
});

const long = "字".repeat(2000);
const json = { "Content-Type": "application/json" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };

/**
 * Requests that no program should send: what they are, method, path, headers, body, and the answer
 * they get.
 */
const broken: readonly [string, string, string, Record<string, string>, string | undefined, number][] = [
  [
    "arrays to the bottom of the stack",
    "POST",
    "/api/v1/session",
    json,
    "[".repeat(45_000) + "]".repeat(45_000),
    400,
  ],
  [
    "objects twenty-one deep",
    "POST",
    "/api/v1/session",
    json,
    '{"a":'.repeat(21) + "1" + "}".repeat(21),
    400,
  ],
  ["no JSON", "POST", "/api/v1/session", json, "{", 400],
  ["no content type", "POST", "/api/v1/session", {}, "{}", 415],
  [
    "a multipart body without a boundary",
    "POST",
    "/api/v1/media",
    { "Content-Type": "multipart/form-data" },
    "x",
    400,
  ],
  [
    "an empty boundary",
    "POST",
    "/api/v1/media",
    { "Content-Type": "multipart/form-data; boundary=" },
    "x",
    400,
  ],
  [
    "a boundary that never comes",
    "POST",
    "/api/v1/media",
    { "Content-Type": "multipart/form-data; boundary=b" },
    "x",
    400,
  ],
  [
    "an unknown charset",
    "POST",
    "/api/v1/session",
    { "Content-Type": "application/json; charset=klingon" },
    "{}",
    415,
  ],
  ["an unknown encoding", "POST", "/api/v1/session", { ...json, "Content-Encoding": "rot13" }, "{}", 415],
  ["a false encoding", "POST", "/api/v1/session", { ...json, "Content-Encoding": "gzip" }, "{}", 400],
  [
    "a long address to the API",
    "POST",
    "/api/v1/session",
    json,
    JSON.stringify({ email: `${long}@x.test`, password: "x" }),
    400,
  ],
  [
    "a NUL in a value",
    "POST",
    "/api/v1/session",
    json,
    JSON.stringify({ email: "a\u0000@x.test", password: "x" }),
    400,
  ],
  [
    "an address in letters of no alphabet",
    "POST",
    "/api/v1/session",
    json,
    JSON.stringify({ email: "nİl@x.test", password: "x" }),
    400,
  ],
  ["a path that is not encoded", "GET", "/media/%E0%A4%A", {}, undefined, 404],
  ["an id beyond all numbers", "GET", "/api/v1/customers/99999999999999999999", {}, undefined, 400],
  ["a cookie of rubbish", "GET", "/register", { Cookie: "session-test=%00;;=;visitor-test" }, undefined, 200],
  ["a language of rubbish", "GET", "/register", { "Accept-Language": ";;q=,*" }, undefined, 200],
  [
    "a host of rubbish",
    "POST",
    "/api/v1/session",
    { ...json, Host: "[::1", Origin: "http://[::1" },
    "{}",
    403,
  ],
  ["fields sent twice", "POST", "/login", form, "email=a@x.test&email=b@x.test", 400],
  [
    "a short key for repeats",
    "POST",
    "/api/v1/customers",
    { ...json, "Idempotency-Key": "x" },
    '{"name":"A"}',
    400,
  ],
];

for (const [title, method, path, headers, body, status] of broken) {
  test(`${title}: ${status}`, async () => {
    const answer = await admin.call(method, path, { headers, raw: body ?? null });
    assert.equal(answer.status, status, answer.text);
  });
}

test("a form with a long address is shown again, and nothing is counted", async () => {
  const browser = createClient(app);
  for (const [page, fields] of [
    ["/login", { password: "x" }],
    ["/forgot", {}],
    ["/register", { name: "N", password: "a quiet harbour" }],
  ] as const) {
    for (const email of [`${long}@x.test`, "nİl@x.test", `${"a".repeat(1990)}@x.test`]) {
      const answer = await browser.submit(page, page, { ...fields, email });
      assert.equal(answer.status, 400, answer.text);
    }
  }
  const [counted] = await app.database("throttles").count<{ count: number }[]>("* as count");
  // The administrator's own sign-in.
  assert.ok((counted?.count ?? 0) <= 1);
});

test("a refused upload is answered while its body is still coming, and the connection stays", async () => {
  const sockets = new Set<unknown>();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let time = 0; time < 5; time += 1) {
    const call = request(`${app.url}/api/v1/media`, {
      method: "POST",
      agent,
      headers: { "Content-Type": "multipart/form-data; boundary=b", "Content-Length": String(3 * 2 ** 20) },
    });
    call.once("socket", (socket) => sockets.add(socket));
    call.write(multipart);
    // The refusal is known from here on.
    await sleep(50);
    const answered = once(call, "response") as Promise<[IncomingMessage]>;
    call.end(Buffer.alloc(3 * 2 ** 20 - Buffer.byteLength(multipart)));
    const [answer] = await answered;
    assert.equal(answer.statusCode, 401);
    assert.match(await text(answer), /urn:problem:/);
  }
  assert.equal(sockets.size, 1);
  agent.destroy();
});
