import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { baseImage } from "../support/base-image.ts";
import { docker } from "../support/docker.ts";
import { ask, type EdgeAnswer } from "../support/edge-client.ts";
import { assertHeadersOnce } from "../support/edge-headers.ts";
import { edgeStand, type EdgeStand } from "../support/edge-stand.ts";

interface Echo {
  release: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: number;
}

const echo = (answer: EdgeAnswer) => JSON.parse(answer.body) as Echo;

suite("the edge serves", () => {
  let stand: EdgeStand;

  before(async () => {
    stand = await edgeStand({
      domain: ["example.org", "shop.example.org"],
      redirectDomains: ["www.example.org"],
    });
    const node = await baseImage("node");
    const files = `
      const { mkdirSync, writeFileSync } = require("node:fs");
      const { gzipSync, brotliCompressSync } = require("node:zlib");
      const put = (path, text) => { mkdirSync(path.replace(/\\/[^/]*$/, ""), { recursive: true }); writeFileSync(path, text); };
      const script = "console.log('berth');".repeat(200);
      put("/a/served/assets/app.0a1b2c3d.js", script);
      put("/a/served/assets/app.0a1b2c3d.js.gz", gzipSync(script));
      put("/a/served/assets/app.0a1b2c3d.js.br", brotliCompressSync(script));
      put("/a/served/assets/style.css", "body{}");
      put("/a/served/assets/page.0a1b2c3d.mjs", "export {};");
      put("/m/public/photo.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
      put("/m/public/.secret", "hidden");
      put("/m/private/report.txt", "for one pair of eyes");
      put("/m/public/leaflet.pdf", "%PDF-1.7");
      put("/w/.well-known/acme-challenge/token", "an answer to a challenge");
      // Links that a program could make that writes these volumes; what they lead to is Nginx's own and harmless.
      const { symlinkSync } = require("node:fs");
      const elsewhere = "/etc/hostname";
      put("/a/served/assets/linked.js", script);
      for (const ending of ["", ".gz", ".br"]) symlinkSync(elsewhere, "/a/served/assets/link.js" + ending);
      for (const ending of [".gz", ".br"]) symlinkSync(elsewhere, "/a/served/assets/linked.js" + ending);
      symlinkSync(elsewhere, "/m/public/link.txt");
      symlinkSync(elsewhere, "/m/private/link.txt");
      symlinkSync("/etc", "/m/private/folder");
      symlinkSync(elsewhere, "/w/.well-known/acme-challenge/link");
    `;
    await docker([
      ...[
        "run",
        "--rm",
        "--network=none",
        "--user=0:0",
        `--volume=${stand.name}-assets:/a`,
        `--volume=${stand.name}-media:/m`,
        `--volume=${stand.name}-webroot:/w`,
      ],
      ...["--entrypoint=node", node, "--eval", files],
    ]);
    const switched = await stand.switchTo("r2", [await stand.startReplica("r2")]);
    assert.equal(switched.status, 0, switched.stderr);
  });
  after(() => stand.remove());

  const hits = async () => (JSON.parse((await ask(stand.shape, "/hits")).body) as { hits: number }).hits;

  test("the application over TLS, with every security header once", async () => {
    const answer = await ask(stand.shape, "/x?y=1");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["x-release"], "r2");
    assert.equal(echo(answer).url, "/x?y=1");
    assert.equal(answer.headers["strict-transport-security"], "max-age=63072000");
    assert.equal(answer.headers["server"], "nginx");
    assertHeadersOnce(answer, "an application's answer");
  });

  test("the application's own headers win, HSTS does not", async () => {
    const answer = await ask(stand.shape, "/own-headers");
    assert.equal(answer.headers["content-security-policy"], "default-src 'self'");
    assert.equal(answer.headers["strict-transport-security"], "max-age=63072000");
    assertHeadersOnce(answer, "an answer with headers of its own");
  });

  test("forwarding headers from a client are overwritten", async () => {
    const answer = await ask(stand.shape, "/", {
      headers: {
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "1.2.3.4",
        "X-Request-Id": "chosen-by-client",
        Forwarded: "for=1.2.3.4",
        Proxy: "http://evil.example",
        "X-Accel-Redirect": "/_edge/media/private/report.txt",
      },
    });
    const { headers } = echo(answer);
    assert.match(headers["x-forwarded-for"] ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    assert.notEqual(headers["x-forwarded-for"], "1.2.3.4");
    assert.equal(headers["x-forwarded-proto"], "https");
    assert.equal(headers["x-forwarded-host"], "example.org");
    assert.equal(headers["host"], "example.org");
    assert.match(headers["x-request-id"] ?? "", /^[0-9a-f]{32}$/);
    assert.equal(headers["forwarded"], undefined);
    assert.equal(headers["proxy"], undefined);
  });

  test("plain HTTP and other names redirect to HTTPS on the canonical name", async () => {
    const { shape } = stand;
    const plain = await ask(shape, "/a?b", { plain: true, host: "shop.example.org" });
    assert.equal(plain.status, 301);
    assert.equal(plain.headers.location, `https://shop.example.org:${shape.httpsPort}/a?b`);
    const other = await ask(shape, "/a?b", { host: "www.example.org" });
    assert.equal(other.headers.location, `https://example.org:${shape.httpsPort}/a?b`);
    assertHeadersOnce(other, "a redirect");
  });

  test("unknown names get no answer, in the handshake and in the request", async () => {
    await assert.rejects(
      ask(stand.shape, "/", { plain: true, host: "evil.example" }),
      /socket hang up|ECONNRESET/,
    );
    await assert.rejects(
      ask(stand.shape, "/", { host: "evil.example" }),
      /unrecognized name|handshake|alert/i,
    );
    await assert.rejects(
      ask(stand.shape, "/", { headers: { Host: "evil.example" } }),
      /socket hang up|ECONNRESET/,
    );
  });

  test("static files come from the volume, as compressed at build, and never from the application", async () => {
    const before = await hits();
    const plain = await ask(stand.shape, "/assets/app.0a1b2c3d.js");
    assert.equal(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal(plain.headers["content-type"], "application/javascript");
    assertHeadersOnce(plain, "a static file");
    const gzip = await ask(stand.shape, "/assets/app.0a1b2c3d.js", {
      headers: { "Accept-Encoding": "gzip" },
    });
    assert.equal(gunzipSync(gzip.raw).toString(), plain.body);
    const brotli = await ask(stand.shape, "/assets/app.0a1b2c3d.js", {
      headers: { "Accept-Encoding": "br, gzip" },
    });
    assert.equal(brotli.headers["content-encoding"], "br");
    assert.equal(brotliDecompressSync(brotli.raw).toString(), plain.body);
    const unhashed = await ask(stand.shape, "/assets/style.css");
    assert.equal(unhashed.headers["cache-control"], "public, no-cache");
    const again = await ask(stand.shape, "/assets/style.css", {
      headers: { "If-None-Match": unhashed.headers.etag ?? "" },
    });
    assert.equal(again.status, 304);
    const module = await ask(stand.shape, "/assets/page.0a1b2c3d.mjs");
    assert.equal(module.headers["content-type"], "text/javascript");
    assert.equal(await hits(), before);
    const missing = await ask(stand.shape, "/assets/unknown.js");
    assert.equal(
      echo(missing).url,
      "/assets/unknown.js",
      "what the volume does not have, the application is asked for",
    );
    assert.equal(missing.headers["cache-control"], undefined);
  });

  test("uploads: public ones in a sandbox, private ones only when the application says so", async () => {
    const photo = await ask(stand.shape, "/media/photo.svg");
    assert.equal(photo.headers["content-type"], "image/svg+xml");
    assert.match(photo.headers["content-security-policy"] as string, /^default-src 'none'.*; sandbox$/);
    assert.equal(photo.headers["cache-control"], "public, no-cache");
    assertHeadersOnce(photo, "a public upload");
    const elsewhere = await ask(stand.shape, "/media/in-a-bucket.jpg");
    assert.equal(echo(elsewhere).url, "/media/in-a-bucket.jpg", "the application may have it in a bucket");
    const answer = await ask(stand.shape, "/private");
    assert.equal(answer.body, "for one pair of eyes");
    assert.equal(answer.headers["content-disposition"], 'attachment; filename="report.txt"');
    assert.match(answer.headers["content-security-policy"] as string, /; sandbox$/);
    assert.equal(answer.headers["x-accel-redirect"], undefined);
    assertHeadersOnce(answer, "a private upload");
    for (const path of [
      "/_edge/media/private/report.txt",
      "/media/../private/report.txt",
      "/media/.secret",
      "/media/%2e%2e/private/report.txt",
    ]) {
      const refused = await ask(stand.shape, path);
      assert.ok(!refused.body.includes("one pair of eyes") && !refused.body.includes("hidden"), path);
    }
  });

  test("no symbolic link leads out of a volume that others write", async () => {
    const hostname = (await docker(["exec", stand.proxy, "cat", "/etc/hostname"])).trim();
    assert.ok(hostname.length > 4);
    for (const path of [
      "/media/link.txt",
      "/private?file=private/link.txt",
      "/private?file=private/folder/hostname",
      "/assets/link.js",
      "/assets/linked.js",
      "/.well-known/acme-challenge/link",
    ]) {
      for (const encoding of ["identity", "gzip", "br"]) {
        const answer = await ask(stand.shape, path, { headers: { "Accept-Encoding": encoding } });
        const body = answer.raw.toString("latin1");
        // The stand's application echoes what it is asked, and `/assets/linked.js` itself is no
        // link.
        assert.ok(!body.includes(hostname), `${path} as ${encoding}`);
      }
    }
    const plain = await ask(stand.shape, "/assets/linked.js");
    assert.equal(plain.status, 200);
    assert.match(plain.body, /console\.log/);
  });

  test("other sites may show public files, and a browser may show a PDF", async () => {
    const policyOf = async (path: string) =>
      (await ask(stand.shape, path)).headers["cross-origin-resource-policy"];
    assert.equal(await policyOf("/media/photo.svg"), "cross-origin");
    assert.equal(await policyOf("/assets/style.css"), "cross-origin");
    assert.equal(await policyOf("/private"), "same-origin");
    assert.equal(await policyOf("/private?file=public/photo.svg"), "cross-origin");
    assert.equal(await policyOf("/x"), "same-origin");
    const leaflet = await ask(stand.shape, "/media/leaflet.pdf");
    assert.equal(leaflet.headers["content-type"], "application/pdf");
    const policy = String(leaflet.headers["content-security-policy"]);
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /sandbox|script-src/);
    assertHeadersOnce(leaflet, "a PDF");
  });

  test("answers to ACME's challenges are there on both ports, and only answers are", async () => {
    for (const plain of [true, false]) {
      const answer = await ask(stand.shape, "/.well-known/acme-challenge/token", { plain });
      assert.deepEqual([answer.status, answer.body], [200, "an answer to a challenge"]);
      assert.equal((await ask(stand.shape, "/.well-known/acme-challenge/none", { plain })).status, 404);
    }
    const redirected = await ask(stand.shape, "/.well-known/acme-challenge/token", {
      host: "www.example.org",
    });
    assert.equal(redirected.body, "an answer to a challenge");
  });

  test("a load balancer can ask by address; the application's probes are closed", async () => {
    for (const host of ["127.0.0.1", "example.org", "unknown.example"]) {
      const answer = await ask(stand.shape, "/health", { plain: true, host });
      assert.deepEqual([answer.status, answer.body], [200, "ok\n"], host);
    }
    assert.equal((await ask(stand.shape, "/health")).body, "ok\n");
    for (const path of ["/health/ready", "/health/live", "//health/ready", "/%68ealth/ready", "/health/"]) {
      const answer = await ask(stand.shape, path);
      assert.equal(answer.status, 404, path);
      assert.ok(!("x-release" in answer.headers), path);
    }
    assert.equal((await ask(stand.shape, "/_edge/ready", { plain: true, host: "127.0.0.1" })).status, 404);
    for (const path of ["/", "/health/ready"])
      await assert.rejects(ask(stand.shape, path, { plain: true, host: "127.0.0.1" }), path);
  });

  test("errors have a page for people and problem details for programs, with all headers", async () => {
    const large = Buffer.alloc(26 * 1024 * 1024);
    const cases: [string, number, Parameters<typeof ask>[2]][] = [
      ["/.git/config", 404, {}],
      ["/metrics", 404, {}],
      ["/", 405, { method: "PURGE" }],
      ["/upload", 413, { method: "POST", headers: { "Content-Length": String(large.length) } }],
    ];
    for (const [path, status, options] of cases) {
      const html = await ask(stand.shape, path, {
        ...options,
        headers: { ...options?.headers, Accept: "text/html" },
      });
      assert.equal(html.status, status, path);
      assert.match(html.headers["content-type"] ?? "", /^text\/html; ?charset=utf-8$/);
      assert.match(html.body, /<h1>/);
      assert.equal(html.headers["cache-control"], "no-store");
      assertHeadersOnce(html, `status ${status}`);
      const json = await ask(stand.shape, path, {
        ...options,
        headers: { ...options?.headers, Accept: "application/json" },
      });
      assert.equal(json.headers["content-type"], "application/problem+json");
      const problem = JSON.parse(json.body) as Record<string, unknown>;
      assert.equal(problem["status"], status);
      assert.equal(problem["type"], `urn:problem:${String(problem["code"])}`);
      assert.equal(problem["instance"], `urn:request:${String(json.headers["x-request-id"])}`);
      assert.ok(html.body.includes(String(html.headers["x-request-id"])));
    }
    const headingIn = async (language: string) => {
      const headers = { Accept: "text/html", "Accept-Language": language };
      return /<h1>(.*)<\/h1>/.exec((await ask(stand.shape, "/.git/config", { headers })).body)?.[1];
    };
    assert.equal(await headingIn("de, ru;q=0.8, en;q=0.5"), "Не найдено");
    for (const language of ["en-GB, ru", "de", ""])
      assert.equal(await headingIn(language), "Nothing is here", language);
    const everything = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    const allowed = async (path: string, method: string) => {
      const answer = await ask(stand.shape, path, { method });
      assert.equal(answer.status, 405);
      return answer.headers.allow;
    };
    assert.equal(await allowed("/", "PURGE"), everything);
    assert.equal(await allowed("/", "TRACE"), everything);
    assert.equal(await allowed("/assets/style.css", "DELETE"), "GET, HEAD");
    for (const [path, status] of [
      [`/api/v1/${"x".repeat(9_000)}`, 414],
      ["/api/.env", 404],
    ] as const) {
      const answer = await ask(stand.shape, path, { headers: { Accept: "*/*" } });
      assert.equal(answer.status, status);
      assert.equal(answer.headers["content-type"], "application/problem+json");
    }
    const style = await ask(stand.shape, "/_edge/page.css");
    assert.equal(style.headers["content-type"], "text/css");
  });

  test("answers of the application are compressed, requests with a body arrive whole", async () => {
    const answer = await ask(stand.shape, "/large", { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(answer.headers["content-encoding"], "gzip");
    assert.equal(gunzipSync(answer.raw).length, 60_000);
    const body = Buffer.alloc(20 * 1024 * 1024, 1);
    assert.equal(echo(await ask(stand.shape, "/upload", { method: "PUT", body })).body, body.length);
  });
});
