import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { EdgeShape } from "../../stacks/edge-shape.ts";
import { acmeDirectories, edgeFields } from "../../stacks/edge-fields.ts";
import { edgeProblems, exposureProblems } from "../../stacks/edge-problems.ts";
import { edgePart } from "../../stacks/edge.ts";

const everySecret = { cloudflareToken: true, originCertificate: true, originKey: true };
const noSecret = { cloudflareToken: false, originCertificate: false, originKey: false };

function shapeOf(settings: Record<string, string>): EdgeShape {
  return edgePart(z.strictObject(edgeFields).parse(settings), 25);
}

function problemsOf(settings: Record<string, string>, present = everySecret): string[] {
  return edgeProblems(shapeOf(settings), present);
}

test("a domain alone is enough, and gives Let's Encrypt's production over HTTP-01", () => {
  const shape = shapeOf({ domain: "example.org" });
  assert.deepEqual(edgeProblems(shape, noSecret), []);
  assert.deepEqual(shape.tls, { mode: "certbot", directory: acmeDirectories.production, challenge: "http" });
  assert.deepEqual([shape.address, shape.httpPort, shape.httpsPort], ["0.0.0.0", 80, 443]);
});

test("names are lists, in lower case", () => {
  assert.deepEqual(shapeOf({ domain: "Example.org, shop.example.org" }).domains, [
    "example.org",
    "shop.example.org",
  ]);
});

const wrongNames: readonly [string, RegExp][] = [
  [
    "https://example.org/",
    /^domain: "https:\/\/example\.org\/" is no host name\. Fix: write it as example\.org$/,
  ],
  ["example.org:443", /write it as example\.org$/],
  ["пример.рф", /write it as xn--e1afmkfd\.xn--p1ai$/],
  ["exa_mple.org", /is no host name/],
  ["-example.org", /is no host name/],
  ["*.*.example.org", /is no host name/],
  ["", /^domain: names nothing/],
  ["example.org,example.org", /named twice/],
  ["203.0.113.7", /is an address, and certificates are for names/],
  ["intranet", /no public authority certifies intranet/],
  ["shop.local", /no public authority certifies shop\.local/],
];
for (const [domain, message] of wrongNames) {
  test(`domain "${domain}" is refused with its fix`, () => {
    assert.match(problemsOf({ domain }).join("\n"), message);
  });
}

test("a wildcard needs DNS-01, and DNS-01 needs Cloudflare's token", () => {
  const wildcard = { domain: "example.org,*.example.org" };
  assert.match(
    problemsOf(wildcard).join("\n"),
    /^acmeChallenge: \*\.example\.org is a wildcard.*set acmeChallenge dns$/,
  );
  assert.match(
    problemsOf({ ...wildcard, acmeChallenge: "dns" }, noSecret).join("\n"),
    /^cloudflareToken: .*--secret cloudflareToken/,
  );
  assert.deepEqual(problemsOf({ ...wildcard, acmeChallenge: "dns" }), []);
  assert.match(
    problemsOf({ domain: "*.example.org", acmeChallenge: "dns" }).join("\n"),
    /put a plain name first/,
  );
});

test("Cloudflare's mode asks for the origin certificate and its key, both at once", () => {
  const problems = problemsOf({ domain: "example.org", tls: "cloudflare" }, noSecret);
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    ["originCertificate", "originKey"],
  );
});

test("a company's authority may certify inner names, on other ports", () => {
  const own = { acmeDirectory: "https://ca.corp.example/acme", httpPort: "8080", edgeAddress: "10.0.0.5" };
  assert.deepEqual(problemsOf({ domain: "shop.lan", ...own }), []);
  assert.match(problemsOf({ domain: "example.org", httpPort: "8080" }).join("\n"), /asks on port 80/);
});

test("settings that contradict each other are all reported at once", () => {
  const problems = problemsOf({
    domain: "example.org",
    tls: "selfsigned",
    trustedProxies: "10.0.0.0/8",
    maintenanceAllowed: "office, 10.0.0.0/33, 2001:db8::/32",
    hstsPreload: "true",
    httpPort: "443",
  });
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    ["maintenanceAllowed", "maintenanceAllowed", "trustedProxies", "hstsPreload", "httpsPort"],
  );
});

test("only 80 and 443 may be open to everybody", () => {
  const at = (address: string, port: number) => ({ setting: "appPort", address, port });
  assert.deepEqual(
    exposureProblems([at("0.0.0.0", 80), at("::", 443), at("127.0.0.1", 5433), at("10.0.0.5", 8000)]),
    [],
  );
  assert.match(
    exposureProblems([at("0.0.0.0", 8000)]).join(),
    /^appPort: port 8000 would be open to everybody/,
  );
  assert.equal(exposureProblems([at("::", 5432), at("0.0.0.0", 9090)]).length, 2);
});

test("ill-typed settings are refused one by one", () => {
  const result = z.strictObject(edgeFields).safeParse({
    domain: "example.org",
    tls: "letsencrypt",
    http3: "yes",
    maxBody: "0",
    acmeDirectory: "http://plain.example",
    acmeEmail: "nobody",
    acmeDirectoryCa: "not pem",
  });
  assert.deepEqual(result.error?.issues.map(({ path }) => path.join(".")).sort(), [
    "acmeDirectory",
    "acmeDirectoryCa",
    "acmeEmail",
    "http3",
    "maxBody",
    "tls",
  ]);
});
