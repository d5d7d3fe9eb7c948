import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { addUser, type Client, upload } from "../../../tests/support/client.ts";
import { type S3Server, startS3 } from "../../../tests/support/s3-server.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createS3Storage } from "./s3-storage.ts";

interface Media {
  readonly id: number;
  readonly address: string;
  readonly thumbnail: string | null;
}

const started = await startS3();
const skip = started instanceof Error ? started.message : false;

describe("files in a bucket", { skip }, () => {
  const server = started as S3Server;
  let app: TestApp;
  let owner: Client;

  const storageOf = (over: Partial<Parameters<typeof createS3Storage>[0]> = {}) =>
    createS3Storage({ ...server, region: "us-east-1", redirect: false, ...over });
  const environment = (delivery: string) => ({
    S3_ENDPOINT: server.endpoint,
    S3_BUCKET: server.bucket,
    S3_ACCESS_KEY: server.accessKey,
    S3_SECRET_KEY_FILE: join(server.folder, "..", "..", "secret"),
    S3_DELIVERY: delivery,
  });
  const picture = () =>
    sharp({ create: { width: 900, height: 600, channels: 3, background: "#0b5d7a" } })
      .jpeg()
      .toBuffer();

  before(async () => {
    await writeFile(join(server.folder, "..", "..", "secret"), server.secretKey);
    app = await startTestApp({ environment: environment("app") });
    owner = await addUser(app, "staff");
  });

  after(async () => {
    await app.close();
    await server.close();
  });

  test("files of no, few, exactly one and several parts are read back unchanged", async () => {
    const storage = storageOf();
    assert.equal(await storage.problem(), undefined);
    for (const size of [0, 1, 5 * 1024 * 1024, 12 * 1024 * 1024 + 7]) {
      const content = randomBytes(size);
      const pieces = Array.from({ length: Math.ceil(size / 65_536) }, (_, index) =>
        content.subarray(index * 65_536, (index + 1) * 65_536),
      );
      await storage.write("private/a.jpg", Readable.from(pieces), "image/jpeg");
      assert.ok((await buffer(await storage.read("private/a.jpg"))).equals(content), `${size} bytes`);
    }
    await storage.remove("private/a.jpg");
    await storage.remove("private/a.jpg");
    await assert.rejects(storage.read("private/a.jpg"), { code: "not-found" });
  });

  test("an interrupted upload leaves nothing behind, not even parts", async () => {
    const storage = storageOf();
    async function* broken() {
      for (let count = 0; count < 120; count += 1) yield Promise.resolve(Buffer.alloc(65_536));
      throw new Error("the client went away");
    }
    await assert.rejects(storage.write("public/b.jpg", Readable.from(broken()), "image/jpeg"), /went away/);
    await assert.rejects(storage.read("public/b.jpg"), { code: "not-found" });
    const left = await readdir(server.folder, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      left.filter((entry) => entry.isFile()).map(({ name }) => name),
      [],
    );
  });

  test("a wrong key, a missing bucket and a dead service say which setting to look at", async () => {
    assert.match((await storageOf({ bucket: "not-there" }).problem()) ?? "", /check S3_BUCKET/);
    const write = (storage: ReturnType<typeof createS3Storage>) =>
      storage.write("public/c.jpg", Readable.from([Buffer.from("x")]), "image/jpeg");
    await assert.rejects(write(storageOf({ secretKey: "wrong" })), {
      status: 503,
      message: /S3_SECRET_KEY_FILE/,
    });
    await assert.rejects(write(storageOf({ accessKey: "nobody" })), {
      status: 503,
      message: /S3_ACCESS_KEY/,
    });
    await assert.rejects(write(storageOf({ endpoint: "http://127.0.0.1:9" })), {
      status: 503,
      message: /S3_ENDPOINT .* does not answer/,
    });
  });

  test("a key that may only touch objects can upload: the bucket itself is never asked for", async () => {
    const asked: string[] = [];
    const gate = createServer((request, response) => {
      asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
      const objects = new RegExp(`^/${server.bucket}/[^?]`).test(request.url ?? "");
      if (!objects) {
        response.writeHead(403, { "Content-Type": "application/xml" });
        response.end("<Error><Code>AccessDenied</Code></Error>");
        return;
      }
      const { port } = new URL(server.endpoint);
      const { method, url, headers } = request;
      const onward = httpRequest({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
        // Without the right to list, a missing object is a forbidden one.
        response.writeHead(answer.statusCode === 404 ? 403 : (answer.statusCode ?? 500), answer.headers);
        if (answer.statusCode === 404)
          response.end(
            "<Error><Code>AccessDenied</Code></Error>".padEnd(Number(answer.headers["content-length"])),
          );
        else answer.pipe(response);
      });
      request.pipe(onward);
    });
    gate.listen(0, "127.0.0.1");
    await once(gate, "listening");
    try {
      const storage = storageOf({ endpoint: `http://127.0.0.1:${(gate.address() as AddressInfo).port}` });
      assert.equal(await storage.problem(), undefined);
      await storage.write("public/d.jpg", Readable.from([Buffer.from("x")]), "image/jpeg");
      assert.equal((await buffer(await storage.read("public/d.jpg"))).toString(), "x");
      await storage.remove("public/d.jpg");
      assert.ok(
        asked.every((call) => call.includes(`/${server.bucket}/`)),
        asked.join("\n"),
      );
    } finally {
      gate.closeAllConnections();
      gate.close();
    }
    for (const [wrong, setting] of [
      [{ secretKey: "wrong" }, /S3_SECRET_KEY_FILE/],
      [{ accessKey: "nobody" }, /S3_ACCESS_KEY/],
    ] as const)
      assert.match((await storageOf(wrong).problem()) ?? "", setting);
  });

  test("upload, thumbnail, download and deletion go through the app", async () => {
    const stored = await upload(owner, await picture(), "p.jpg", { private: "yes" });
    assert.equal(stored.status, 201);
    await app.runJobs();
    const { items } = (await owner.call("GET", "/api/v1/media")).json<{ items: Media[] }>();
    const [media] = items;
    assert.ok(media?.thumbnail);
    assert.equal((await readdir(join(server.folder, "private"))).length, 2);
    const content = await fetch(app.url + media.address, { headers: { Cookie: cookiesOf(owner) } });
    assert.deepEqual(Buffer.from(await content.arrayBuffer()), await picture());
    assert.equal((await (await addUser(app, "user")).call("GET", media.address)).status, 404);
    const open = (await upload(owner, await picture(), "q.jpg", { private: "no" })).json<Media>();
    assert.equal((await fetch(app.url + open.address)).headers.get("content-type"), "image/jpeg");
    for (const { id } of [media, open]) {
      assert.equal((await owner.call("DELETE", `/api/v1/media/${id}`)).status, 204);
    }
    assert.equal((await fetch(app.url + open.address)).status, 404);
  });

  test("with redirects the app authorises and the bucket sends, for a minute", async () => {
    const away = await startTestApp({ environment: environment("redirect") });
    try {
      const user = await addUser(away, "staff");
      const media = (
        await upload(user, await picture(), "ein schönes.jpg", { private: "yes" })
      ).json<Media>();
      const answer = await user.call("GET", media.address);
      assert.equal(answer.status, 302);
      assert.equal(answer.headers.get("cache-control"), "private, no-store");
      assert.match(
        answer.headers.get("content-security-policy") ?? "",
        new RegExp(`img-src.*${server.endpoint}`),
      );
      const location = answer.headers.get("location") ?? "";
      assert.match(location, /X-Amz-Expires=60&/);
      const sent = await fetch(location);
      assert.equal(sent.headers.get("content-type"), "image/jpeg");
      assert.match(sent.headers.get("content-disposition") ?? "", /sch%C3%B6nes/);
      assert.deepEqual(Buffer.from(await sent.arrayBuffer()), await picture());
      assert.equal(
        (await fetch(location.replace("image%2Fjpeg", "text%2Fhtml"))).status,
        403,
        "not to be altered",
      );
      assert.equal((await (await addUser(away, "user")).call("GET", media.address)).status, 404);
    } finally {
      await away.close();
    }
  });

  test("while the service is away, uploads say why and everything else works; afterwards it is used again", async () => {
    const media = (await upload(owner, await picture(), "r.jpg", { private: "no" })).json<Media>();
    await server.stop();
    app.passTime(60);
    const refused = await upload(owner, await picture(), "s.jpg");
    assert.equal(refused.status, 503);
    assert.match(refused.text, /S3_ENDPOINT .* does not answer/);
    assert.equal((await fetch(app.url + media.address)).status, 503);
    assert.equal((await owner.call("DELETE", `/api/v1/media/${media.id}`)).status, 503);
    const ready = await owner.call("GET", "/health/ready");
    assert.equal(ready.status, 200);
    assert.match(ready.text, /"storage":\{"ok":false/);
    await server.start();
    app.passTime(60);
    assert.equal((await upload(owner, await picture(), "s.jpg")).status, 201);
    assert.equal((await owner.call("DELETE", `/api/v1/media/${media.id}`)).status, 204);
    assert.match((await owner.call("GET", "/health/ready")).text, /"storage":\{"ok":true/);
  });

  test("the secret key is in no log", async () => {
    assert.ok(
      !JSON.stringify(app.logged).includes(await readFile(join(server.folder, "..", "..", "secret"), "utf8")),
    );
  });
});

function cookiesOf(client: Client): string {
  return [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
