import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { addUser, type Client, createClient, upload } from "../../../tests/support/client.ts";
import { mountMemory, remount } from "../../../tests/support/mount.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let folder: string;
let owner: Client;

interface Media {
  readonly id: number;
  readonly address: string;
  readonly thumbnail: string | null;
  readonly contentType: string;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-media-"));
  app = await startTestApp({ environment: { MEDIA_DIR: folder } });
  owner = await addUser(app, "user");
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const picture = () =>
  sharp({ create: { width: 900, height: 600, channels: 3, background: "#0b5d7a" } })
    .jpeg()
    .toBuffer();

test("a public picture is stored, served to anybody, and gets a thumbnail by a job", async () => {
  const stored = await upload(owner, await picture(), "lie.exe");
  assert.equal(stored.status, 201);
  const media = stored.json<Media>();
  assert.equal(media.contentType, "image/jpeg", "judged by content, not by name");
  const served = await fetch(app.url + media.address);
  assert.equal(served.headers.get("content-type"), "image/jpeg");
  assert.equal(served.headers.get("x-content-type-options"), "nosniff");
  assert.deepEqual(Buffer.from(await served.arrayBuffer()), await picture());
  await app.runJobs();
  const { items } = (await owner.call("GET", "/api/v1/media")).json<{ items: Media[] }>();
  const small = await fetch(app.url + (items[0]?.thumbnail ?? ""));
  const { width, format } = await sharp(Buffer.from(await small.arrayBuffer())).metadata();
  assert.deepEqual([width, format], [320, "webp"]);
});

test("a private file is its owner's and the staff's, and nobody else's", async () => {
  const media = (await upload(owner, await picture(), "secret.jpg", { private: "yes" })).json<Media>();
  const stranger = await addUser(app, "user");
  const staff = await addUser(app, "staff");
  assert.equal((await owner.call("GET", media.address)).status, 200);
  assert.equal((await staff.call("GET", media.address)).status, 200);
  assert.equal((await stranger.call("GET", media.address)).status, 404);
  assert.equal((await stranger.call("DELETE", `/api/v1/media/${media.id}`)).status, 404);
  assert.equal((await createClient(app).call("GET", media.address)).status, 401);
  assert.deepEqual((await stranger.call("GET", "/api/v1/media")).json(), { items: [] });
  const [name = ""] = await readdir(join(folder, "private"));
  assert.equal((await fetch(`${app.url}/media/${name}`)).status, 404, "not by the public address either");
  assert.equal((await owner.call("DELETE", `/api/v1/media/${media.id}`)).status, 204);
  assert.deepEqual(await readdir(join(folder, "private")), []);
});

test("behind a proxy the app authorises and the proxy sends", async () => {
  const proxied = await startTestApp({ environment: { MEDIA_DIR: folder, MEDIA_ACCEL: "/protected/" } });
  try {
    const user = await addUser(proxied, "user");
    const media = (await upload(user, await picture(), "p.jpg", { private: "yes" })).json<Media>();
    const answer = await user.call("GET", media.address);
    assert.match(answer.headers.get("x-accel-redirect") ?? "", /^\/protected\/private\/[\w-]+\.jpg$/);
    assert.equal(answer.text, "");
  } finally {
    await proxied.close();
  }
});

test("other types, files too large and forms without a file are refused and leave nothing behind", async () => {
  const before = await readdir(folder, { recursive: true });
  const html = await upload(owner, Buffer.from("<html><script>alert(1)</script>"), "page.jpg");
  assert.equal(html.status, 400);
  assert.match(html.text, /judged by content/);
  const huge = Buffer.concat([await picture(), Buffer.alloc(21 * 1024 * 1024)]);
  assert.equal((await upload(owner, huge, "huge.jpg")).status, 413);
  assert.equal((await owner.call("POST", "/api/v1/media", { raw: new FormData() })).status, 400);
  assert.equal((await owner.call("POST", "/api/v1/media", { body: {} })).status, 415);
  assert.deepEqual(await readdir(folder, { recursive: true }), before);
});

test("a picture that does not unpack fails its job and nothing else", async () => {
  const broken = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(500, 7)]);
  assert.equal((await upload(owner, broken, "broken.jpg")).status, 201);
  await assert.rejects(app.runJobs());
  await app.database("jobs.job").where({ name: "thumbnail" }).delete();
});

test("a volume that cannot be written costs uploads only, which say why", async () => {
  const nowhere = await startTestApp({ environment: { MEDIA_DIR: join(folder, "missing") } });
  try {
    const user = await addUser(nowhere, "user");
    const refused = await upload(user, await picture(), "p.jpg");
    assert.equal(refused.status, 503);
    assert.match(refused.json<{ detail: string }>().detail, /MEDIA_DIR .* does not exist/);
    assert.equal((await user.call("GET", "/api/v1/media")).status, 200);
    const ready = await user.call("GET", "/health/ready");
    assert.equal(ready.status, 200, "still ready");
    assert.deepEqual(ready.json<{ checks: { storage: unknown } }>().checks.storage, {
      ok: false,
      reason: "uploads are not possible",
    });
    const told = nowhere.logged.filter(({ msg }) => msg === "uploads are not possible; all else works");
    assert.equal(told.length, 1);
    assert.match(String(told[0]?.["reason"]), /MEDIA_DIR .* does not exist/);
  } finally {
    await nowhere.close();
  }
});

test("a volume that turns read-only keeps serving what it has, and is written again once it can be", async (context) => {
  const volume = await mkdtemp(join(tmpdir(), "berth-volume-"));
  const unmount = await mountMemory(volume, "size=100m");
  if (!unmount) {
    await rm(volume, { recursive: true });
    context.skip("needs the right to mount file systems");
    return;
  }
  const home = await startTestApp({ environment: { MEDIA_DIR: volume } });
  try {
    const user = await addUser(home, "user");
    const media = (await upload(user, await picture(), "p.jpg")).json<Media>();
    await remount(volume, "ro");
    const refused = await upload(user, await picture(), "q.jpg");
    assert.equal(refused.status, 503);
    assert.match(refused.text, /is on a read-only file system/);
    assert.equal((await fetch(home.url + media.address)).status, 200);
    home.passTime(60);
    const ready = await user.call("GET", "/health/ready");
    assert.equal(ready.status, 200);
    assert.match(ready.text, /"storage":\{"ok":false/);
    await remount(volume, "rw");
    home.passTime(60);
    assert.equal((await upload(user, await picture(), "q.jpg")).status, 201);
    assert.match((await user.call("GET", "/health/ready")).text, /"storage":\{"ok":true/);
    assert.ok(home.logged.some(({ msg }) => msg === "uploads are possible again"));
  } finally {
    await home.close();
    await unmount();
    await rm(volume, { recursive: true });
  }
});
