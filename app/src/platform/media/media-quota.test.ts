import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { addUser, upload } from "../../../tests/support/client.ts";
import { mountMemory } from "../../../tests/support/mount.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let folder: string;
let app: TestApp;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-quota-"));
});

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const mebibyte = 1024 * 1024;
const pdf = (bytes: number) => Buffer.concat([Buffer.from("%PDF-1.7 "), Buffer.alloc(bytes - 9, 120)]);
const open = async (environment: Readonly<Record<string, string>>, directory = folder) => {
  app = await startTestApp({ environment: { MEDIA_DIR: directory, ...environment } });
};
const files = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;

/** Sends until no request is told to wait, as a client that obeys Retry-After does. */
async function insist(send: () => Promise<{ status: number; text: string }>) {
  for (;;) {
    const answer = await send();
    if (answer.status !== 429) return answer;
  }
}

test("concurrent uploads stay within a person's bytes, and a refused one leaves nothing", async () => {
  await open({ MEDIA_QUOTA: "3" });
  const [ada, bob] = [await addUser(app, "staff"), await addUser(app, "staff")];
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => insist(() => upload(ada, pdf(mebibyte), "a.pdf"))),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, 409, 409, 409, 409, 409]);
  assert.match(
    answers.find(({ status }) => status === 409)?.text ?? "",
    /Your files take 3 MiB of 3 MiB: delete some first/,
  );
  assert.equal(await files(), 3);
  assert.equal((await upload(bob, pdf(mebibyte), "b.pdf")).status, 201, "the others have their own");
  const { items } = (await ada.call("GET", "/api/v1/media")).json<{ items: { id: number }[] }>();
  assert.equal((await ada.call("DELETE", `/api/v1/media/${items[0]?.id ?? 0}`)).status, 204);
  assert.equal((await upload(ada, pdf(mebibyte), "a.pdf")).status, 201);
});

test("concurrent uploads stay within a person's number of files", async () => {
  await open({ MEDIA_QUOTA_FILES: "2" });
  const ada = await addUser(app, "staff");
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => insist(() => upload(ada, pdf(100), "a.pdf"))),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 409, 409, 409]);
  assert.equal(await files(), 2);
});

test("all files together stay within their share of the disk", async (context) => {
  const unmount = await mountMemory(folder, "size=100m");
  if (!unmount) {
    await open({});
    context.skip("needs the right to mount file systems");
    return;
  }
  try {
    await open({ MEDIA_SHARE: "5", MEDIA_RESERVE: "0" });
    const people = [await addUser(app, "staff"), await addUser(app, "staff")];
    const answers = await Promise.all(
      people.flatMap((person) =>
        Array.from({ length: 4 }, () => insist(() => upload(person, pdf(mebibyte), "a.pdf"))),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 201, 201, 201, 503, 503, 503]);
    assert.match(answers.find(({ status }) => status === 503)?.text ?? "", /MEDIA_SHARE is 5 % of the disk/);
    assert.equal(await files(), 5);
  } finally {
    await unmount();
  }
});

test("a person has at most two uploads at once; a third is told to try again", async () => {
  await open({});
  const ada = await addUser(app, "staff");
  let finish: () => void = () => undefined;
  const rest = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const slow = () => {
    async function* body() {
      yield Buffer.from(
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7 plans of a house',
      );
      await rest;
      yield Buffer.from("\r\n--b--\r\n");
    }
    const raw = ReadableStream.from(body()) as unknown as NonNullable<RequestInit["body"]>;
    return ada.call("POST", "/api/v1/media", {
      raw,
      headers: { "Content-Type": "multipart/form-data; boundary=b" },
    });
  };
  const two = [slow(), slow()];
  let third;
  do third = await upload(ada, pdf(100), "c.pdf");
  while (third.status === 201);
  assert.equal(third.status, 429);
  assert.equal(third.headers.get("retry-after"), "2");
  assert.equal((await upload(await addUser(app, "staff"), pdf(100), "d.pdf")).status, 201);
  finish();
  assert.deepEqual(
    (await Promise.all(two)).map(({ status }) => status),
    [201, 201],
  );
  assert.equal((await upload(ada, pdf(100), "c.pdf")).status, 201);
});
