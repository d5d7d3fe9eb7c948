import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import express from "express";
import { rawCall } from "../../../tests/support/raw-call.ts";
import { toProblem } from "../problems/to-problem.ts";
import { proxies } from "../settings/reach.ts";
import { createOwnAddresses } from "./own-addresses.ts";
import { defaultGateway, trustSetting } from "./trusted-proxies.ts";

interface Stack {
  /** PUBLIC_URLS; without it the app does not know its addresses. */
  readonly list?: string;
  /** TRUST_PROXY. */
  readonly trust?: string;
}

interface Sent {
  readonly host: string;
  /** X-Forwarded-Proto and X-Forwarded-Host of the hop in front. */
  readonly proto?: string;
  readonly forwardedHost?: string;
  /** Origin; none is a program's call. */
  readonly origin?: string;
  readonly site?: string;
}

/**
 * Sends one POST to an app that is reached as `stack` says; answers status, words, and whether its
 * cookies are Secure.
 */
async function post(stack: Stack, sent: Sent): Promise<{ status: number; text: string; secure: boolean }> {
  const trusted = proxies.parse(stack.trust ?? "0");
  const own = createOwnAddresses(stack.list?.split(",") ?? [], trusted !== 0);
  const app = express();
  app.set("trust proxy", trustSetting(trusted));
  app.post("/", (request, response) => {
    response.set("X-Secure", String(own.isSecure(request)));
    try {
      own.refuseForeignOrigin(request);
      response.status(204).end();
    } catch (error) {
      const { status, message } = toProblem(error);
      response.status(status).end(message);
    }
  });
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    const { host, proto, forwardedHost, origin, site } = sent;
    const headers = {
      Host: host,
      ...(proto === undefined ? {} : { "X-Forwarded-Proto": proto }),
      ...(forwardedHost === undefined ? {} : { "X-Forwarded-Host": forwardedHost }),
      ...(origin === undefined ? {} : { Origin: origin }),
      ...(site === undefined ? {} : { "Sec-Fetch-Site": site }),
    };
    const { port } = server.address() as AddressInfo;
    const answer = await rawCall(`http://127.0.0.1:${port}`, { method: "POST", headers });
    return { status: answer.status, text: answer.text, secure: answer.headers["x-secure"] === "true" };
  } finally {
    server.close();
  }
}

const loopback = "http://localhost:*,http://127.0.0.1:*,http://[::1]:*";
const stacks = {
  dev: { list: `http://127.0.0.1:8000,${loopback}` },
  openBasic: { list: `http://127.0.0.1:8000,http://*:8000,${loopback}` },
  proxiedBasic: { list: `https://shop.example.org,${loopback}`, trust: "127.0.0.1,gateway" },
  strangeProxy: { list: `https://shop.example.org,${loopback}`, trust: "192.0.2.1" },
  tunnel: { list: `https://tunnel.example.org,${loopback}` },
  twoNames: { list: "https://example.org,https://www.example.org", trust: "1" },
  wildcard: { list: "https://example.org,https://*.example.org", trust: "1" },
  ownPort: { list: "https://example.org:8443", trust: "1" },
  plain: { list: "http://shop.lan:8081", trust: "1" },
  ipCertificate: { list: "https://203.0.113.7", trust: "1" },
  ipv6: { list: "http://[2001:db8::7]:8000" },
  unsaid: {},
} as const satisfies Record<string, Stack>;

/**
 * Name of the stack, host, forwarded scheme, origin, whether the form is taken, whether cookies are
 * Secure.
 */
const cases: readonly [keyof typeof stacks, string, string | undefined, string, boolean, boolean][] = [
  ["dev", "127.0.0.1:8000", undefined, "http://127.0.0.1:8000", true, false],
  ["dev", "localhost:8000", undefined, "http://localhost:8000", true, false],
  ["dev", "[::1]:8000", undefined, "http://[::1]:8000", true, false],
  ["dev", "localhost:9000", undefined, "http://localhost:9000", true, false],
  ["dev", "localhost:8000", undefined, "http://localhost:3000", false, false],
  ["dev", "localhost:8000", undefined, "http://127.0.0.1:8000", false, false],
  ["dev", "192.0.2.7:8000", undefined, "http://192.0.2.7:8000", false, false],
  ["dev", "127.0.0.1:8000", undefined, "null", false, false],
  // No proxy is trusted here, so no header about the scheme counts.
  ["dev", "127.0.0.1:8000", "https", "https://127.0.0.1:8000", false, false],
  ["openBasic", "192.0.2.7:8000", undefined, "http://192.0.2.7:8000", true, false],
  ["openBasic", "server.lan:8000", undefined, "http://server.lan:8000", true, false],
  ["openBasic", "[2001:db8::7]:8000", undefined, "http://[2001:db8::7]:8000", true, false],
  ["openBasic", "192.0.2.7:8000", undefined, "http://192.0.2.7:9000", false, false],
  ["openBasic", "192.0.2.7:8000", undefined, "http://evil.example", false, false],
  ["proxiedBasic", "shop.example.org", "https", "https://shop.example.org", true, true],
  ["proxiedBasic", "127.0.0.1:8000", undefined, "http://127.0.0.1:8000", true, false],
  ["proxiedBasic", "shop.example.org", "http", "http://shop.example.org", false, false],
  ["proxiedBasic", "shop.example.org", "https", "https://evil.example", false, true],
  ["strangeProxy", "shop.example.org", "https", "https://shop.example.org", false, false],
  ["tunnel", "tunnel.example.org", undefined, "https://tunnel.example.org", true, true],
  ["tunnel", "tunnel.example.org", undefined, "http://tunnel.example.org", false, true],
  ["twoNames", "example.org", "https", "https://example.org", true, true],
  ["twoNames", "www.example.org", "https", "https://www.example.org", true, true],
  ["twoNames", "www.example.org", "https", "https://example.org", false, true],
  ["twoNames", "WWW.example.org.", "https", "https://www.example.org", true, true],
  ["twoNames", "www.example.org", "https", "http://www.example.org", false, true],
  ["twoNames", "www.example.org", "http", "http://www.example.org", false, false],
  ["twoNames", "evil.example", "https", "https://evil.example", false, true],
  ["wildcard", "shop.example.org", "https", "https://shop.example.org", true, true],
  ["wildcard", "shop.example.org", "https", "https://other.example.org", false, true],
  ["wildcard", "example.org", "https", "https://shop.example.org", false, true],
  ["wildcard", "evilexample.org", "https", "https://evilexample.org", false, true],
  // The stack's own proxy leaves the port out.
  ["ownPort", "example.org", "https", "https://example.org:8443", true, true],
  ["ownPort", "example.org:8443", "https", "https://example.org:8443", true, true],
  ["ownPort", "example.org", "https", "https://example.org", false, true],
  ["ownPort", "example.org:9443", "https", "https://example.org:8443", false, true],
  ["plain", "shop.lan", "http", "http://shop.lan:8081", true, false],
  ["plain", "shop.lan", "http", "http://shop.lan", false, false],
  ["ipCertificate", "203.0.113.7", "https", "https://203.0.113.7", true, true],
  ["ipv6", "[2001:db8::7]:8000", undefined, "http://[2001:db8::7]:8000", true, false],
  ["ipv6", "[2001:DB8:0::7]:8000", undefined, "http://[2001:db8::7]:8000", true, false],
  ["unsaid", "anything.example:9000", undefined, "http://anything.example:9000", true, false],
  ["unsaid", "anything.example:9000", undefined, "http://evil.example", false, false],
];

for (const [name, host, proto, origin, taken, secure] of cases) {
  test(`${name}: ${origin} at ${proto ?? "-"} ${host} is ${taken ? "taken" : "refused"}`, async () => {
    const answer = await post(stacks[name], { host, origin, ...(proto === undefined ? {} : { proto }) });
    assert.deepEqual([answer.status, answer.secure], [taken ? 204 : 403, secure], answer.text);
  });
}

test("only a trusted hop may name the host", async () => {
  const sent = {
    host: "app:8000",
    proto: "https",
    forwardedHost: "example.org",
    origin: "https://example.org",
  };
  assert.equal((await post(stacks.twoNames, sent)).status, 204);
  assert.equal(
    (await post(stacks.strangeProxy, { ...sent, origin: "https://shop.example.org" })).status,
    403,
  );
});

test("a call without an origin passes unless the browser says that another site made it", async () => {
  assert.equal((await post(stacks.twoNames, { host: "app:8000" })).status, 204);
  for (const [site, status] of [
    ["same-origin", 204],
    ["none", 204],
    ["same-site", 403],
    ["cross-site", 403],
  ] as const) {
    assert.equal((await post(stacks.twoNames, { host: "example.org", proto: "https", site })).status, status);
  }
});

test("names a proxy that does not forward the requested host as the cause", async () => {
  const { text } = await post(stacks.twoNames, { host: "app:8000", origin: "https://example.org" });
  assert.match(
    text,
    /came to http:\/\/app:8000: the proxy in front has to pass on Host and X-Forwarded-Proto/,
  );
  const foreign = await post(stacks.twoNames, {
    host: "www.example.org",
    proto: "https",
    origin: "https://x.y",
  });
  assert.match(foreign.text, /use https:\/\/www\.example\.org\./);
});

test("the container's gateway is read as the kernel writes it", () => {
  const routes =
    "Iface\tDestination\tGateway \tFlags\neth1\t000019AC\t00000000\t0001\neth0\t00000000\t0101A8C0\t0003\n";
  assert.equal(defaultGateway(routes), "192.168.1.1");
  assert.equal(defaultGateway(""), undefined);
  assert.deepEqual(
    trustSetting(["127.0.0.1", "gateway"], () => routes),
    ["127.0.0.1", "192.168.1.1"],
  );
  assert.equal(trustSetting(1), 1);
});
