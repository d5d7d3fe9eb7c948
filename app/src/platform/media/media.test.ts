import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { addUser, type Client, createClient, upload } from "../../../tests/support/client.ts";
import { mountMemory, remount } from "../../../tests/support/mount.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createFolderStorage } from "../storage/folder-storage.ts";
import { makeThumbnail } from "./thumbnail-job.ts";

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
  owner = await addUser(app, "staff");
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const cookiesOf = ({ cookies }: Client) => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

const picture = () =>
  sharp({ create: { width: 900, height: 600, channels: 3, background: "#0b5d7a" } })
    .jpeg()
    .toBuffer();

test("a public picture is stored, served to everyone, and gets a thumbnail by a job", async () => {
  const stored = await upload(owner, await picture(), "lie.exe", { private: "no" });
  assert.equal(stored.status, 201);
  const media = stored.json<Media>();
  assert.equal(media.contentType, "image/jpeg", "judged by content, not by name");
  const served = await fetch(app.url + media.address);
  assert.equal(served.headers.get("content-type"), "image/jpeg");
  assert.equal(served.headers.get("x-content-type-options"), "nosniff");
  assert.equal(served.headers.get("cross-origin-resource-policy"), "cross-origin", "other sites may show it");
  assert.match(served.headers.get("content-security-policy") ?? "", /^default-src 'none';.*sandbox$/);
  assert.deepEqual(Buffer.from(await served.arrayBuffer()), await picture());
  await app.runJobs();
  const { items } = (await owner.call("GET", "/api/v1/media")).json<{ items: Media[] }>();
  const small = await fetch(app.url + (items[0]?.thumbnail ?? ""));
  const { width, format } = await sharp(Buffer.from(await small.arrayBuffer())).metadata();
  assert.deepEqual([width, format], [320, "webp"]);
});

test("only its owner and people with the permission can read a private file", async () => {
  const media = (await upload(owner, await picture(), "secret.jpg")).json<Media>();
  const strangers = [
    await addUser(app, "user"),
    await addUser(app, "staff"),
    await addUser(app, "staff", { customers: "delete" }),
  ];
  const viewer = await addUser(app, "staff", { media: "view" });
  const remover = await addUser(app, "staff", { media: "delete" });
  assert.equal((await owner.call("GET", media.address)).status, 200);
  for (const stranger of strangers) {
    assert.equal((await stranger.call("GET", media.address)).status, 404, stranger.email);
    assert.equal((await stranger.call("DELETE", `/api/v1/media/${media.id}`)).status, 404);
    assert.deepEqual((await stranger.call("GET", "/api/v1/media")).json(), { items: [] });
  }
  assert.equal((await createClient(app).call("GET", media.address)).status, 401);
  const pages = ["/admin/media", `/admin/media/${media.id}`, `/admin/media/${media.id}/delete`];
  for (const [who, seen] of [
    [strangers[1], false],
    [viewer, true],
  ] as const) {
    const [list, ...rest] = await Promise.all(pages.map(async (page) => who?.call("GET", page)));
    assert.equal(list?.text.includes("secret.jpg"), seen);
    assert.deepEqual(
      rest.map((answer) => answer?.status),
      seen ? [200, 200] : [404, 404],
    );
  }
  assert.equal((await viewer.call("GET", media.address)).status, 200);
  assert.equal((await viewer.call("DELETE", `/api/v1/media/${media.id}`)).status, 403);
  const name = (await readdir(join(folder, "private"))).find((file) => file.endsWith(".jpg")) ?? "";
  assert.equal((await fetch(`${app.url}/media/${name}`)).status, 404, "not by the public address either");
  assert.equal((await remover.call("DELETE", `/api/v1/media/${media.id}`)).status, 204);
  assert.deepEqual(await readdir(join(folder, "private")), []);
  const told = await app
    .database("audit_events")
    .where({ event: "media-deleted", actor_id: remover.id })
    .first<{ subject: string; details: unknown }>();
  assert.equal(told.subject, "secret.jpg");
  const own = (await upload(owner, await picture(), "own.jpg")).json<Media>();
  assert.equal(
    (await owner.call("DELETE", `/api/v1/media/${own.id}`)).status,
    204,
    "one's own needs no permission",
  );
});

test("a setting says who may upload", async () => {
  const status = async (
    at: TestApp,
    ...who: Parameters<typeof addUser> extends [unknown, ...infer Rest] ? Rest : never
  ) => (await upload(await addUser(at, ...who), await picture(), "p.jpg")).status;
  assert.equal(await status(app, "user"), 403);
  assert.equal(await status(app, "staff"), 201);
  for (const [uploads, user, staff, permitted] of [
    ["permitted", 403, 403, 201],
    ["all", 201, 201, 201],
  ] as const) {
    const home = await startTestApp({ environment: { MEDIA_DIR: folder, UPLOADS: uploads } });
    try {
      assert.equal(await status(home, "user"), user, uploads);
      assert.equal(await status(home, "staff", { media: "view" }), staff, uploads);
      assert.equal(await status(home, "staff", { media: "edit" }), permitted, uploads);
      const page = await (await addUser(home, "staff")).call("GET", "/admin/media/new");
      assert.equal(page.status, staff === 201 ? 200 : 403);
    } finally {
      await home.close();
    }
  }
});

test("behind a proxy the app authorises and the proxy sends", async () => {
  const proxied = await startTestApp({ environment: { MEDIA_DIR: folder, MEDIA_ACCEL: "/protected/" } });
  try {
    const user = await addUser(proxied, "staff");
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

test("a picture that does not unpack fails its job and nothing else; one without a head is refused", async () => {
  const headless = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(500, 7)]);
  assert.equal((await upload(owner, headless, "broken.jpg")).status, 400);
  const whole = await sharp({ create: { width: 400, height: 400, channels: 3, background: "#0b5d7a" } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  assert.equal((await upload(owner, whole.subarray(0, whole.length / 2), "broken.png")).status, 201);
  await assert.rejects(app.runJobs());
  await app.database("jobs.job").where({ name: "thumbnail" }).delete();
});

test("with a volume that cannot be written only uploads fail, and they say why", async () => {
  const nowhere = await startTestApp({ environment: { MEDIA_DIR: join(folder, "missing") } });
  try {
    const user = await addUser(nowhere, "staff");
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

test("a volume that becomes read-only still serves its files, and takes uploads again once it can", async (context) => {
  const volume = await mkdtemp(join(tmpdir(), "berth-volume-"));
  const unmount = await mountMemory(volume, "size=100m");
  if (!unmount) {
    await rm(volume, { recursive: true });
    context.skip("needs the right to mount file systems");
    return;
  }
  const home = await startTestApp({ environment: { MEDIA_DIR: volume } });
  try {
    const user = await addUser(home, "staff");
    const media = (await upload(user, await picture(), "p.jpg", { private: "no" })).json<Media>();
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

test("a public picture loses its location, a private one keeps it", async () => {
  const marker = "MARKER-camera";
  const photo = await sharp(await picture())
    .withMetadata({ orientation: 6 })
    .withExif({ IFD0: { Make: marker } })
    .jpeg()
    .toBuffer();
  assert.ok(photo.includes(marker));
  for (const [seen, told] of [
    ["no", false],
    ["yes", true],
  ] as const) {
    const stored = await upload(owner, photo, "photo.jpg", { private: seen });
    const { address } = stored.json<Media>();
    const answer = await fetch(app.url + address, { headers: { Cookie: cookiesOf(owner) } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.includes(marker), told);
    assert.equal((await sharp(bytes).metadata()).orientation, 6);
  }
});

test("Chrome's viewer may show a document, and the document may do nothing else", async () => {
  const pdf = await upload(owner, Buffer.from("%PDF-1.7 plans"), "plans.pdf", { private: "no" });
  const served = await fetch(app.url + pdf.json<Media>().address);
  const policy = served.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'/);
  assert.doesNotMatch(policy, /sandbox|script-src/);
});

test("a small file that unpacks to gigabytes is refused before it is unpacked", async () => {
  const before = await readdir(folder, { recursive: true });
  // What its head says is what counts; the rest is that of a picture of one pixel.
  const flat = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#000" } })
    .png()
    .toBuffer();
  flat.writeUInt32BE(30_000, 16);
  flat.writeUInt32BE(30_000, 20);
  flat.writeUInt32BE(crc32(flat.subarray(12, 29)), 29);
  const refused = await upload(owner, flat, "flat.png");
  assert.equal(refused.status, 400);
  assert.match(refused.text, /30000 × 30000 pixels/);
  assert.deepEqual(await readdir(folder, { recursive: true }), before);
});

test("pictures are unpacked one at a time, whatever the number of processes", async () => {
  const storage = createFolderStorage(folder, 0);
  let open = 0;
  let most = 0;
  const watched = {
    ...storage,
    read: async (name: string) => {
      open += 1;
      most = Math.max(most, open);
      return storage.read(name);
    },
    write: async (...args: Parameters<typeof storage.write>) => {
      await storage.write(...args);
      open -= 1;
    },
  };
  const ids = await Promise.all(
    [await addUser(app, "staff"), await addUser(app, "staff"), await addUser(app, "staff")].map(
      async (person) => (await upload(person, await picture(), "p.jpg")).json<Media>().id,
    ),
  );
  const { signal } = new AbortController();
  await Promise.all(
    ids.map((mediaId) => makeThumbnail(app.database, watched).run({ mediaId }, { id: "x", signal })),
  );
  assert.equal(most, 1);
  assert.equal(open, 0);
  await app.database("jobs.job").where({ name: "thumbnail" }).delete();
});
