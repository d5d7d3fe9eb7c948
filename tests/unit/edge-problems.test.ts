import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { acmeDirectories, edgeConfig, edgeFields, type EdgeConfig } from "../../stacks/edge.ts";
import { edgeProblems, exposureProblems } from "../../stacks/edge-problems.ts";
import { fixOf } from "../../stacks/field.ts";
import { parseSettings, SettingsError } from "../../stacks/parse.ts";

const everySecret = { cloudflareToken: "token", originKey: "key" };
const noSecret = {};

function edgeOf(settings: Record<string, string>): EdgeConfig {
  return edgeConfig(z.strictObject(edgeFields).parse(settings), 25) ?? assert.fail("it has a domain");
}

function problemsOf(
  settings: Record<string, string>,
  secrets: Record<string, string> = everySecret,
): string[] {
  return edgeProblems(edgeOf({ ...secrets, ...settings }), fixOf("prod"));
}

test("a domain alone is enough, and gives Let's Encrypt's production over HTTP-01", () => {
  const edge = edgeOf({ domain: "example.org" });
  assert.deepEqual(problemsOf({ domain: "example.org" }, noSecret), []);
  assert.deepEqual(
    [edge.tls, edge.acmeDirectory, edge.acmeChallenge],
    ["certbot", acmeDirectories.production, "http"],
  );
  assert.deepEqual([edge.proxyAddress, edge.httpPort, edge.httpsPort], ["0.0.0.0", 80, 443]);
});

test("names are lists, in lower case", () => {
  assert.deepEqual(edgeOf({ domain: "Example.org, shop.example.org" }).domain, [
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

test("an address may be served with a certificate of our own making, and none that an authority makes", () => {
  for (const domain of ["203.0.113.7", "2001:db8::7"]) {
    assert.deepEqual(problemsOf({ domain, tls: "selfsigned" }), [], domain);
    assert.match(problemsOf({ domain }).join("\n"), /is an address.*set tls selfsigned --stack prod/);
  }
  assert.match(problemsOf({ domain: "2001:db8::7g", tls: "selfsigned" }).join(), /is no host name/);
});

test("a wildcard needs DNS-01, and DNS-01 needs Cloudflare's token", () => {
  const wildcard = { domain: "example.org,*.example.org" };
  assert.match(
    problemsOf(wildcard).join("\n"),
    /^acmeChallenge: \*\.example\.org is a wildcard.*set acmeChallenge dns --stack prod$/,
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
  const own = { acmeDirectory: "https://ca.corp.example/acme", httpPort: "8080", proxyAddress: "10.0.0.5" };
  assert.deepEqual(problemsOf({ domain: "shop.lan", ...own }), []);
  assert.match(problemsOf({ domain: "example.org", httpPort: "8080" }).join("\n"), /asks on port 80/);
});

test("proxies in front are believed with TLS too, but not beside Cloudflare's own addresses", () => {
  const names = (settings: Record<string, string>) =>
    problemsOf({ domain: "example.org", trustedProxies: "10.0.0.0/8", ...settings }).map(
      (problem) => problem.split(":")[0],
    );
  for (const tls of ["certbot", "selfsigned", "off"]) assert.deepEqual(names({ tls }), [], tls);
  assert.ok(names({ tls: "cloudflare" }).includes("trustedProxies"));
});

const balancer = {
  ...{ domain: "example.org", tls: "selfsigned" },
  ...{ trustedProxies: "10.0.0.7", proxyProtocol: "true" },
};
const clashes: readonly (readonly [string, Readonly<Record<string, string>>, readonly RegExp[]])[] = [
  ["with TLS", {}, []],
  ["without", { tls: "off" }, []],
  ["with addresses that people type", { publicUrl: "https://example.org" }, []],
  ["without TLS, at http", { tls: "off", publicUrl: "http://example.org" }, []],
  ["from anybody", { trustedProxies: "" }, [/^trustedProxies: is missing.*set trustedProxies 10\.0\.0\.7/]],
  ["over UDP", { http3: "true" }, [/^http3: cannot go with proxyProtocol.*rm http3/]],
  [
    "without TLS, at https",
    { tls: "off", publicUrl: "https://example.org" },
    [/^publicUrl: https:\/\/example\.org is https.*X-Forwarded-Proto/],
  ],
  [
    "from Cloudflare",
    { tls: "cloudflare", trustedProxies: "" },
    [/^originCertificate/, /^originKey/, /^proxyProtocol: Cloudflare tells.*rm proxyProtocol --stack prod/],
  ],
];

function refusal(settings: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseSettings("prod", settings);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

for (const [title, settings, wanted] of clashes) {
  test(`PROXY protocol ${title} is ${wanted.length === 0 ? "taken" : "refused"}`, () => {
    const problems = refusal({ ...balancer, ...settings });
    assert.equal(problems.length, wanted.length, problems.join("\n"));
    for (const [index, pattern] of wanted.entries()) assert.match(problems[index] ?? "", pattern);
  });
}

test("settings that contradict each other are all reported at once", () => {
  const problems = problemsOf({
    domain: "example.org",
    tls: "selfsigned",
    trustedProxies: "10.0.0.0/8",
    maintenanceAllowed: "office, 10.0.0.0/33, 2001:db8::/32",
    hstsPreload: "true",
  });
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    ["maintenanceAllowed", "maintenanceAllowed", "hstsPreload"],
  );
});

test("only 80 and 443 may be open to everyone", () => {
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
