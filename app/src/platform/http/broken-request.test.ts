import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addUser, type Client } from "../../../tests/support/client.ts";
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

test("a client that leaves with its request sent whole is no outage either", async () => {
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
