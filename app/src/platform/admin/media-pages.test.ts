import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { addUser, type Client, tokenIn } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let folder: string;
let staff: Client;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-media-"));
  app = await startTestApp({ environment: { MEDIA_DIR: folder } });
  staff = await addUser(app, "staff");
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function upload(content: Buffer, name: string, seen: "yes" | "no", token?: string) {
  const page = await staff.call("GET", "/admin/media/new");
  const form = new FormData();
  form.set("_token", token ?? tokenIn(page.text));
  form.set("private", seen);
  form.set("file", new File([new Uint8Array(content)], name));
  return staff.call("POST", "/admin/media/new", { raw: form, withoutToken: true });
}

const picture = () =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: "#0b5d7a" } })
    .jpeg()
    .toBuffer();

test("files are uploaded, listed with their preview, found by name, type and visibility, and deleted", async () => {
  const jpeg = await upload(await picture(), "Fog at the pier.jpg", "no");
  assert.equal(jpeg.status, 303, jpeg.text);
  const place = (jpeg.headers.get("location") ?? "").replace("?done=saved", "");
  assert.equal((await upload(Buffer.from("%PDF-1.7 plans"), "Plans 100%.pdf", "yes")).status, 303);
  await app.runJobs();

  const all = (await staff.call("GET", "/admin/media")).text;
  const thumbnail = /<img src="([^"]+\.thumb\.webp)"/.exec(all)?.[1] ?? "";
  assert.equal((await staff.call("GET", thumbnail)).status, 200);
  assert.ok(all.indexOf("Plans 100%") < all.indexOf("Fog at the pier"), "newest first");
  for (const [query, pictureShown, planShown] of [
    ["search=FOG", true, false],
    ["search=100%25", false, true],
    ["search=1_0", false, false],
    ["kind=picture", true, false],
    ["kind=document", false, true],
    ["seen=private", false, true],
    ["seen=public&kind=", true, false],
  ] as const) {
    const { text } = await staff.call("GET", `/admin/media?${query}`);
    assert.deepEqual([text.includes("Fog at"), text.includes("Plans")], [pictureShown, planShown], query);
  }

  const page = (await staff.call("GET", place)).text;
  assert.match(page, /<img class="preview" src="\/media\/[\w-]+\.jpg" alt="Fog at the pier\.jpg"/);
  assert.equal((await staff.submit(`${place}/delete`, `${place}/delete`, {})).status, 303);
  assert.equal((await staff.call("GET", place)).status, 404);
  assert.deepEqual(await readdir(join(folder, "public")), []);
  const logged = await app
    .database("audit_events")
    .where({ event: "media-deleted" })
    .first<{ subject: string }>();
  assert.equal(logged.subject, "Fog at the pier.jpg");
});

test("the form shows the refusal; without the form's token nothing is stored", async () => {
  const wrong = await upload(Buffer.from("<script>alert(1)</script>"), "x.jpg", "no");
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /aria-invalid="true"/);
  assert.equal((await upload(await picture(), "x.jpg", "no", "guessed")).status, 403);
  assert.deepEqual(await readdir(join(folder, "public")), []);
});
