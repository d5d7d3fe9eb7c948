import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { DockerEngine } from "../../images/lib/docker-engine.ts";
import { askDigest } from "../../images/lib/pin-digests.ts";
import { isPullLimit } from "../../images/lib/provide-image.ts";
import { pullImage } from "../../images/lib/pull-image.ts";
import { finish } from "../support/docker.ts";

// Docker talks plain HTTP to a registry on its own machine's loopback address, so a small one in
// this process will do.
const remote = /^(ssh|tcp):/.test(process.env["DOCKER_HOST"] ?? "") && "the engine is on another machine";
const limits = { answer: 2_000, stall: 60_000 };
const servers: Server[] = [];
const sockets = new Set<Socket>();
const pulled: string[] = [];
after(async () => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  if (pulled.length > 0) await finish("docker", ["image", "rm", ...pulled]);
});

const digest = (content: Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** A registry with one image of one empty layer, which it sends after `delay` milliseconds. */
function registry(delay: number) {
  const tar = Buffer.alloc(1024);
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: {},
      // Unique, so that the engine cannot have the layer from an earlier run.
      created: new Date().toISOString(),
      rootfs: { type: "layers", diff_ids: [digest(tar)] },
    }),
  );
  const types = "application/vnd.docker";
  const part = (type: string, content: Buffer) => ({
    mediaType: `${types}.${type}`,
    size: content.length,
    digest: digest(content),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${types}.distribution.manifest.v2+json`,
      config: part("container.image.v1+json", config),
      layers: [part("image.rootfs.diff.tar.gzip", layer)],
    }),
  );
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? "";
    const send = (content: Buffer, type: string): void => {
      response.writeHead(200, {
        "content-type": type,
        "content-length": content.length,
        "docker-content-digest": digest(content),
      });
      response.end(request.method === "HEAD" ? undefined : content);
    };
    if (path === "/v2/") send(Buffer.from("{}"), "application/json");
    else if (/\/manifests\/(1|sha256:.*)$/.test(path))
      send(manifest, `${types}.distribution.manifest.v2+json`);
    else if (path.endsWith(digest(config))) {
      await sleep(delay);
      send(config, "application/octet-stream");
    } else if (path.endsWith(digest(layer))) send(layer, "application/octet-stream");
    else {
      const body = { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] };
      response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify(body));
    }
  };
  return { answer, digest: digest(manifest) };
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(delay: number): Promise<{ address: string; digest: string }> {
  const { answer, digest: imageDigest } = registry(delay);
  const server = createHttpServer((request, response) => {
    void answer(request, response);
  });
  return { address: await listen(server), digest: imageDigest };
}

/** A host that takes connections and says nothing, like a firewall that swallows packets. */
function silence(): Promise<string> {
  return listen(
    createTcpServer((socket) => {
      socket.on("error", () => undefined);
    }),
  );
}

function pull(reference: string, signal = new AbortController().signal): Promise<string | null> {
  return pullImage(new DockerEngine({ signal }), reference, { say: () => undefined }, limits);
}

async function present(...references: string[]): Promise<string[]> {
  const engine = new DockerEngine({ signal: new AbortController().signal });
  return [...(await engine.present(references))];
}

test("pulls an image that takes longer than the limit for an answer", { skip: remote }, async () => {
  const { address } = await serve(limits.answer * 1.5);
  const reference = `${address}/berth-test/slow:1`;
  pulled.push(reference);
  assert.equal(await pull(reference), null);
  assert.deepEqual(await present(reference, "berth-test/absent:1"), [reference]);
});

test("an image pinned by digest is pulled, and found again", { skip: remote }, async () => {
  const { address, digest: imageDigest } = await serve(0);
  const reference = `${address}/berth-test/pinned:1@${imageDigest}`;
  pulled.push(`${address}/berth-test/pinned@${imageDigest}`);
  assert.deepEqual(await present(reference), []);
  assert.equal(await pull(reference), null);
  assert.deepEqual(await present(reference), [reference]);
});

test(
  "a tag's digest is asked for without pulling, and pins the image that is pulled",
  { skip: remote },
  async () => {
    const { address, digest: imageDigest } = await serve(0);
    const tag = `${address}/berth-test/asked:1`;
    assert.deepEqual(await askDigest(tag), { tag, digest: imageDigest });
    assert.deepEqual(await present(tag), []);
    const unknown = await askDigest(`${address}/berth-test/unknown:2`);
    assert.match("reason" in unknown ? unknown.reason : "", /unknown|not found/);
  },
);

test("stops waiting for a registry that does not answer", { skip: remote }, async () => {
  const reason = await pull(`${await silence()}/berth-test/silent:1`);
  assert.equal(reason, "the registry did not answer within 2 s");
});

test("a registry without the image gives its own reason", { skip: remote }, async () => {
  const { address } = await serve(0);
  assert.match(
    (await pull(`${address}/berth-test/unknown:2`)) ?? "",
    /manifest .*unknown|unknown:2: not found/,
  );
});

test(
  "a registry that limits pulls says so, and is not taken for one without the image",
  { skip: remote },
  async () => {
    const body = { errors: [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }] };
    const limited = createHttpServer((_, response) => {
      response.writeHead(429, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    const reason = await pull(`${await listen(limited)}/berth-test/limited:1`);
    assert.ok(isPullLimit(reason ?? ""), reason ?? "pulled");
    const { address } = await serve(0);
    const other = await pull(`${address}/berth-test/toomanyrequests:2`);
    assert.match(other ?? "", /not found|unknown/);
    assert.ok(!isPullLimit(other ?? ""), other ?? "");
  },
);

test("a registry without a listener is a reason, not a failure", { skip: remote }, async () => {
  const address = await silence();
  servers.pop()?.close();
  assert.match((await pull(`${address}/berth-test/nobody:1`)) ?? "", /connection refused/);
});

test("an interruption ends the pull", { skip: remote }, async () => {
  const interruption = new AbortController();
  const pulling = pull(`${await silence()}/berth-test/silent:1`, interruption.signal);
  setTimeout(() => {
    interruption.abort();
  }, 200);
  await assert.rejects(pulling, { name: "Interrupted" });
});
