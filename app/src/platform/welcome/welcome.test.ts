import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addUser, type Client, createClient } from "../../../tests/support/client.ts";
import { startTestApp } from "../../../tests/support/test-app.ts";

const html = { Accept: "text/html" };

/** The addresses of the page's cards, each of which the caller must be able to open. */
async function cardsOf(client: Client): Promise<string[]> {
  const { text } = await client.call("GET", "/", { headers: html });
  const cards = [...text.matchAll(/<li>\s*<a href="([^"]+)"><strong>/g)].map(([, address = ""]) => address);
  for (const address of cards) {
    const answer = await client.call("GET", address, { headers: html });
    const opens = answer.status === 200 || answer.headers.get("location")?.startsWith("/login") === true;
    assert.ok(opens, `${address} is answered ${answer.status}`);
  }
  return cards;
}

test("in production the welcome page shows each person only what they can use", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-welcome-"));
  t.after(() => rm(folder, { recursive: true }));
  const keys = join(folder, "keys");
  await writeFile(keys, `${"k".repeat(40)}\n`);
  const environment = { APP_ENV: "production", SESSION_KEYS_FILE: keys, PUBLIC_URLS: "http://127.0.0.1:*" };
  const app = await startTestApp({ environment });
  const open = await startTestApp({ environment: { ...environment, API_DOCS: "open" } });
  try {
    const visitor = createClient(app);
    assert.deepEqual(await cardsOf(visitor), ["/login"]);
    assert.doesNotMatch((await visitor.call("GET", "/", { headers: html })).text, /r-test|Mode/);
    assert.deepEqual(await cardsOf(createClient(open)), ["/api", "/login"]);
    assert.deepEqual(await cardsOf(await addUser(app, "user")), ["/account"]);
    const staff = await addUser(app, "staff");
    assert.deepEqual(await cardsOf(staff), ["/admin", "/api", "/account"]);
    assert.match((await staff.call("GET", "/", { headers: html })).text, /r-test/);
  } finally {
    await app.close();
    await open.close();
  }
});

test("in development it leads to everything", async () => {
  const app = await startTestApp();
  try {
    assert.deepEqual(await cardsOf(createClient(app)), ["/admin", "/api", "/login", "/health/ready"]);
  } finally {
    await app.close();
  }
});
