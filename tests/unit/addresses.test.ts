import assert from "node:assert/strict";
import { test } from "node:test";
import { portAddress, publicAddresses, stackAddresses } from "../../infra/facts/addresses.ts";
import { appEnvironment } from "../../infra/facts/app-environment.ts";
import { parseSettings } from "../../stacks/parse.ts";
import { ownApp } from "../support/own-app.ts";

type Settings = Readonly<Record<string, string>>;

const loopback = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

const cases: readonly [string, string, Settings, readonly string[]][] = [
  ["dev", "dev", {}, ["http://127.0.0.1:8000", ...loopback]],
  ["basic on loopback", "basic", { appPort: "8001" }, ["http://127.0.0.1:8001", ...loopback]],
  [
    "basic open to the network",
    "basic",
    { appAddress: "0.0.0.0" },
    ["http://127.0.0.1:8000", "http://*:8000", ...loopback],
  ],
  [
    "basic open on another engine's host",
    "basic",
    { appAddress: "0.0.0.0", dockerHost: "ssh://deploy@shop.example", appPort: "80" },
    ["http://shop.example", "http://*", ...loopback],
  ],
  [
    "basic on one address of the network",
    "basic",
    { appAddress: "192.0.2.7" },
    ["http://192.0.2.7:8000", "http://*:8000", ...loopback],
  ],
  [
    "basic on an IPv6 address",
    "basic",
    { appAddress: "2001:db8::7" },
    ["http://[2001:db8::7]:8000", "http://*:8000", ...loopback],
  ],
  [
    "basic behind a proxy of one's own",
    "basic",
    { publicUrl: "https://shop.example.org, http://shop.lan:8000/", trustedProxies: "127.0.0.1" },
    ["https://shop.example.org", "http://shop.lan:8000", ...loopback],
  ],
  [
    "two names with certificates",
    "prod",
    { domain: "example.org,www.example.org" },
    ["https://example.org", "https://www.example.org"],
  ],
  [
    "a wildcard",
    "prod",
    { domain: "example.org *.example.org", acmeChallenge: "dns", cloudflareToken: "hunter2" },
    ["https://example.org", "https://*.example.org"],
  ],
  [
    "self-signed at a port of its own",
    "prod",
    { domain: "shop.lan", tls: "selfsigned", httpsPort: "443", proxyAddress: "192.0.2.7" },
    ["https://shop.lan"],
  ],
  [
    "self-signed at another port",
    "prod",
    { domain: "shop.lan", tls: "selfsigned", httpsPort: "8443", proxyAddress: "192.0.2.7" },
    ["https://shop.lan:8443"],
  ],
  ["an address as name", "prod", { domain: "203.0.113.7", tls: "selfsigned" }, ["https://203.0.113.7"]],
  [
    "no TLS at all",
    "prod",
    { domain: "shop.lan", tls: "off", httpPort: "8081", proxyAddress: "192.0.2.7" },
    ["http://shop.lan:8081"],
  ],
  [
    "a proxy in front ends TLS",
    "prod",
    {
      domain: "example.org,www.example.org",
      tls: "off",
      trustedProxies: "10.0.0.0/8",
      httpPort: "8081",
      proxyAddress: "192.0.2.7",
    },
    ["https://example.org", "https://www.example.org"],
  ],
  [
    "a proxy in front at a port of its own",
    "prod",
    {
      domain: "example.org",
      tls: "off",
      trustedProxies: "10.0.0.7",
      publicUrl: "https://example.org:8443,http://example.org",
    },
    ["https://example.org:8443", "http://example.org"],
  ],
  [
    "a CDN in front of the stack's own TLS",
    "prod",
    { domain: "example.org", trustedProxies: "10.0.0.7", httpsPort: "8443", proxyAddress: "192.0.2.7" },
    ["https://example.org"],
  ],
  [
    "a load balancer that passes TLS through",
    "prod",
    {
      domain: "example.org",
      trustedProxies: "10.0.0.7",
      proxyProtocol: "true",
      httpsPort: "8443",
      proxyAddress: "192.0.2.7",
    },
    ["https://example.org"],
  ],
  [
    "a load balancer that passes plain HTTP through",
    "prod",
    {
      domain: "shop.lan",
      tls: "off",
      trustedProxies: "10.0.0.7",
      proxyProtocol: "true",
      httpPort: "8081",
      proxyAddress: "192.0.2.7",
    },
    ["http://shop.lan"],
  ],
  [
    "a router that maps 443 to another port",
    "prod",
    {
      domain: "example.org,*.example.org",
      tls: "selfsigned",
      httpsPort: "8443",
      proxyAddress: "192.0.2.7",
      publicUrl: "https://example.org,https://*.example.org",
    },
    ["https://example.org", "https://*.example.org"],
  ],
  ["nothing published", "prod", {}, []],
];

for (const [title, stack, settings, wanted] of cases) {
  test(`addresses: ${title}`, () => {
    const shape = parseSettings(stack, settings, new Set(["cloudflareToken"]));
    assert.deepEqual(publicAddresses(shape), wanted);
    const environment = appEnvironment(shape, ownApp, { databaseUser: "app_a", secrets: "/run/secrets/app" });
    assert.equal(environment["PUBLIC_URL"], wanted[0]);
    assert.equal(environment["PUBLIC_URLS"], wanted.length === 0 ? undefined : wanted.join(","));
    assert.equal(stackAddresses(shape)["app"], wanted[0]);
  });
}

test("the application trusts the stack's proxy, or the proxies that the settings name", () => {
  const trusted = (stack: string, settings: Settings) =>
    appEnvironment(parseSettings(stack, settings), ownApp, {
      databaseUser: "app_a",
      secrets: "/run/secrets/app",
    })["TRUST_PROXY"];
  const publicUrl = "https://shop.example.org";
  assert.equal(trusted("dev", {}), undefined);
  assert.equal(trusted("basic", {}), undefined);
  assert.equal(trusted("prod", { domain: "example.org" }), "1");
  assert.equal(trusted("basic", { publicUrl, trustedProxies: "10.0.0.0/8" }), "10.0.0.0/8");
  assert.equal(trusted("basic", { publicUrl, trustedProxies: "127.0.0.1 ::1" }), "127.0.0.1,gateway,::1");
});

const refused: readonly [string, string, Settings, RegExp][] = [
  ["no address at all", "dev", { publicUrl: "shop.example.org" }, /publicUrl: expected addresses such as/],
  ["a path", "dev", { publicUrl: "https://example.org/shop" }, /publicUrl: expected/],
  ["credentials", "dev", { publicUrl: "https://me:secret@example.org" }, /publicUrl: expected/],
  ["a wildcard first", "prod", { domain: "a.org", publicUrl: "https://*.a.org" }, /publicUrl: expected/],
  [
    "a name that is not served",
    "prod",
    { domain: "a.org", publicUrl: "https://b.org" },
    /publicUrl: b\.org is/,
  ],
  ["a proxy without an address", "basic", { trustedProxies: "127.0.0.1" }, /publicUrl: is missing/],
  [
    "no range",
    "basic",
    { publicUrl: "https://a.org", trustedProxies: "10.0.0.0/64" },
    /trustedProxies: "10\.0\.0\.0\/64"/,
  ],
  [
    "the host as proxy and an open port",
    "basic",
    { publicUrl: "https://a.org", trustedProxies: "127.0.0.1", appAddress: "0.0.0.0" },
    /trustedProxies: 127\.0\.0\.1 is the host itself.*pulumi config rm appAddress --stack basic/,
  ],
];

for (const [title, stack, settings, message] of refused) {
  test(`refused: ${title}`, () => {
    assert.throws(() => parseSettings(stack, settings), message);
  });
}

test("addresses show the published port", () => {
  const at = (part: string, address: string, port: number, engine?: string) =>
    portAddress({ part, address, port }, engine);
  assert.equal(at("app", "127.0.0.1", 8000), "http://127.0.0.1:8000");
  assert.equal(at("postgres", "127.0.0.1", 5433), "postgres://127.0.0.1:5433");
  assert.equal(at("app", "0.0.0.0", 80, "ssh://deploy@shop.example"), "http://shop.example");
  assert.equal(at("app", "0.0.0.0", 8080, "tcp://[2001:db8::1]:2376"), "http://[2001:db8::1]:8080");
  assert.equal(at("app", "::1", 8000), "http://[::1]:8000");
});
