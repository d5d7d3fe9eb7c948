import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addUser, type Client, createClient, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";
import { createKeyRing } from "./key-ring.ts";

const [first, second, third] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];

const ringOf = (...keys: string[]) => createKeyRing(keys.map((key) => ({ key })));

test("the first key signs, all verify, and a signature is good for its purpose only", () => {
  const old = ringOf(first);
  const mac = old.sign("session", "token");
  const rotated = ringOf(second, first);
  assert.ok(rotated.verify("session", "token", mac));
  assert.notEqual(rotated.sign("session", "token"), mac);
  assert.ok(!old.verify("session", "token", rotated.sign("session", "token")), "signed with the new key");
  assert.ok(!ringOf(second).verify("session", "token", mac), "the old key is gone");
  assert.ok(!rotated.verify("device", "token", mac));
  for (const forged of ["", "x", mac.slice(1), `${mac}A`]) {
    assert.ok(!rotated.verify("session", "token", forged), forged);
  }
});

test("a signature of an older key is valid until the key's time", () => {
  const mac = ringOf(first).sign("session", "token");
  const verifies = (until: number) =>
    createKeyRing([{ key: second }, { key: first, until }]).verify("session", "token", mac);
  assert.ok(verifies(Date.now() + 60_000));
  assert.ok(!verifies(Date.now() - 1));
});

let home: TestDatabase;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-keys-"));
  home = await createTestDatabase();
});

after(async () => {
  await home.drop();
  await rm(folder, { recursive: true });
});

/**
 * Runs `work` against the app as it starts with these keys; the database stays from one to the
 * next.
 */
async function withKeys(keys: readonly string[], work: (app: TestApp) => Promise<void>): Promise<void> {
  const file = join(folder, "keys");
  await writeFile(file, `${keys.join("\n")}\n`);
  const app = await startTestApp({ environment: { SESSION_KEYS_FILE: file, MEDIA_DIR: folder }, home });
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

/** The same browser, at the app's new address. */
function moved(client: Client, app: TestApp): Client {
  const there = createClient(app);
  for (const [name, value] of client.cookies) there.cookies.set(name, value);
  return there;
}

test("a new first key ends no session; removing a key ends only the sessions that it signed", async () => {
  let early = createClient({ url: "" });
  let late = early;
  let form = "";
  const status = async (client: Client, app: TestApp) =>
    (await moved(client, app).call("GET", "/api/v1/account/sessions")).status;

  await withKeys([first], async (app) => {
    early = await addUser(app, "staff");
    form = tokenIn((await early.call("GET", "/account")).text);
    assert.equal(await status(early, app), 200);
  });
  await withKeys([second, first], async (app) => {
    assert.equal(await status(early, app), 200, "signed with the old key");
    late = await addUser(app, "user");
    const kept = moved(early, app);
    const send = async (headers: Record<string, string>) =>
      (await kept.call("POST", "/api/v1/media", { raw: new FormData(), headers })).status;
    assert.equal(await send({}), 403);
    assert.equal(
      await send({ "X-CSRF-Token": form }),
      400,
      "a form that was open can be sent: it only lacks a file",
    );
  });
  await withKeys([third, second], async (app) => {
    assert.equal(await status(late, app), 200);
    const gone = moved(early, app);
    const answer = await gone.call("GET", "/api/v1/account/sessions");
    assert.equal(answer.status, 401, "its key is no longer in the ring");
    assert.ok(gone.cookies.has("session-test"), "what it cannot read may be the cookie of another stack");
  });
});
