import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, test, type TestContext } from "node:test";
import { text } from "node:stream/consumers";
import { mountMemory } from "../../../tests/support/mount.ts";
import { createFolderStorage } from "./folder-storage.ts";

let folder: string;
let unmount: (() => Promise<void>) | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-folder-"));
  unmount = undefined;
});

afterEach(async () => {
  await unmount?.();
  await rm(folder, { recursive: true });
});

/**
 * Puts a file system with `options` where the folder is; skips the test where this process may not.
 */
async function mount(options: string, context: TestContext): Promise<boolean> {
  unmount = await mountMemory(folder, options);
  if (!unmount) context.skip("needs the right to mount file systems");
  return unmount !== undefined;
}

test("a written file is read back, and is gone once removed", async () => {
  const storage = createFolderStorage(folder, 0);
  assert.equal(await storage.problem(), undefined);
  await storage.write("public/a.jpg", Readable.from([Buffer.from("pic"), Buffer.from("ture")]), "image/jpeg");
  assert.equal(await text(await storage.read("public/a.jpg")), "picture");
  assert.equal(
    storage.addressOf("public/a.jpg", { contentType: "image/jpeg", disposition: "inline", seconds: 60 }),
    undefined,
  );
  await storage.remove("public/a.jpg");
  await storage.remove("public/a.jpg");
  await assert.rejects(storage.read("public/a.jpg"), { code: "not-found" });
});

test("a read-only volume is named as the reason", async (context) => {
  if (!(await mount("ro,size=100m", context))) return;
  const storage = createFolderStorage(folder);
  assert.equal(await storage.problem(), `MEDIA_DIR (${folder}) is on a read-only file system`);
  await assert.rejects(storage.write("public/a.jpg", Readable.from([Buffer.from("x")]), "image/jpeg"), {
    status: 503,
    message: /Uploads are not possible: .* is on a read-only file system/,
  });
});

test("a full disk is named, and the part that fitted does not stay", async (context) => {
  if (!(await mount("size=1m", context))) return;
  const storage = createFolderStorage(folder);
  assert.match((await storage.problem()) ?? "", /1 MiB left, and MEDIA_RESERVE keeps 2048 MiB free/);
  assert.equal(await createFolderStorage(folder, 512 * 1024).problem(), undefined);
  assert.equal(await storage.diskBytes(), 1024 * 1024);
  const twoMegabytes = Readable.from(Array.from({ length: 32 }, () => Buffer.alloc(65_536)));
  await assert.rejects(storage.write("public/a.jpg", twoMegabytes, "image/jpeg"), {
    status: 503,
    message: /is on a full disk/,
  });
  assert.deepEqual(await readdir(join(folder, "public")), []);
});

test("names a folder that does not exist, and a path that is no folder", async () => {
  assert.match((await createFolderStorage(join(folder, "none")).problem()) ?? "", /does not exist/);
  assert.match((await createFolderStorage("/dev/null/media").problem()) ?? "", /is not a folder/);
});

test("names from outside never reach the disk", async () => {
  const storage = createFolderStorage(folder);
  const names = ["../x.jpg", "public/../../etc/passwd", "/etc/passwd.jpg", "public/a/b.jpg", "public/..jpg"];
  for (const name of names) await assert.rejects(storage.read(name), /Not a name of ours/, name);
});
