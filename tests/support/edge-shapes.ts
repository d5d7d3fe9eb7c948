import type { EdgeRelease } from "../../infra/rendering/edge-release.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { ownEdgeApp } from "./own-app.ts";
import { parseSettings } from "../../stacks/parse.ts";

/**
 * What settings of a prod stack make of its proxy.
 * @param settings as `pulumi config` has them; `domain` and `tls` have values for tests
 */
function edgeOf(settings: Readonly<Record<string, string>> = {}): EdgeConfig {
  const all = { domain: "example.org", tls: "selfsigned", ...settings };
  const { edge } = parseSettings("prod", all, new Set(Object.keys(all)));
  if (edge === undefined) throw new Error("a prod stack with a domain has a proxy");
  return edge;
}

/** A stack's proxy with every setting at its default, on a self-signed certificate. */
export const plainEdge = edgeOf();

export const oneReplica: EdgeRelease = {
  id: "r1",
  app: ownEdgeApp,
  upstreams: [{ address: "shop-app-1", port: 8000 }],
};

/** Two replicas of a release, and a canary. */
export const canary: EdgeRelease = {
  id: "r3",
  app: ownEdgeApp,
  upstreams: [
    { address: "shop-app-1", port: 8000 },
    { address: "shop-app-2", port: 8000 },
  ],
  canary: {
    id: "r4",
    upstream: { address: "shop-app-3", port: 8000 },
    share: 3,
    header: "X-Canary",
  },
};

const certbot = { tls: "certbot", acmeEmail: "ops@example.org", acmeDirectory: "https://acme.example/dir" };
// Any certificate authority will do: this one is only parsed.
const someCa = `-----BEGIN CERTIFICATE-----
MIIBmTCCAT+gAwIBAgIUOvrntfivt6NjDuaGIKvdD+B25rQwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWb3JpZ2luIHB1bGxzIG9mIGEgdGVzdDAgFw0yNjExMjExMjUz
NDZaGA8yMTI2MTAyODEyNTM0NlowITEfMB0GA1UEAwwWb3JpZ2luIHB1bGxzIG9m
IGEgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGVLQoI3lDbNkslVRgvD
AVdcEzGTQyVUKlqnTN4l8vOHQ8zu9WqozMUbul25Bhw1LlKZorbHEw24hV6ELm+F
h7KjUzBRMB0GA1UdDgQWBBTIbFnuuqzB+z3qhCK2W+/D8zEQKDAfBgNVHSMEGDAW
gBTIbFnuuqzB+z3qhCK2W+/D8zEQKDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0gAMEUCIQC3U0uQb2cbs4FFK+kNjjHgajRlYrqjLy4fdFiCsfMRowIgNJTj
UoDjeCK59I2XcKT6ivmz1RF4hVxO6mIuLBHPWiw=
-----END CERTIFICATE-----
`;
const cloudflare = { tls: "cloudflare", originCertificate: someCa, originKey: "a key" };

/** One stack for every branch of the renderers; each must be taken by a real Nginx. */
export const edgeVariants: Readonly<Record<string, { shape: EdgeConfig; release: EdgeRelease }>> = {
  "self-signed": { shape: plainEdge, release: oneReplica },
  canary: { shape: plainEdge, release: canary },
  certbot: {
    shape: edgeOf({ ...certbot, domain: "example.org,shop.example.org", redirectDomains: "www.example.org" }),
    release: oneReplica,
  },
  wildcard: {
    shape: edgeOf({
      ...certbot,
      domain: "example.org,*.example.org",
      acmeChallenge: "dns",
      cloudflareToken: "t",
    }),
    release: oneReplica,
  },
  cloudflare: { shape: edgeOf(cloudflare), release: oneReplica },
  "cloudflare-origin-pulls": { shape: edgeOf({ ...cloudflare, originPullsCa: someCa }), release: oneReplica },
  "plain-http": { shape: edgeOf({ tls: "off" }), release: oneReplica },
  "behind-a-proxy": {
    shape: edgeOf({
      tls: "off",
      proxyAddress: "127.0.0.1",
      httpPort: "8081",
      redirectDomains: "www.example.org",
      trustedProxies: "192.0.2.0/24,2001:db8::/32",
    }),
    release: oneReplica,
  },
  "behind-a-cdn": { shape: edgeOf({ ...certbot, trustedProxies: "192.0.2.0/24" }), release: oneReplica },
  "proxy-protocol": {
    shape: edgeOf({
      ...certbot,
      redirectDomains: "www.example.org",
      trustedProxies: "192.0.2.0/24,2001:db8::/32",
      proxyProtocol: "true",
    }),
    release: oneReplica,
  },
  "proxy-protocol-plain": {
    shape: edgeOf({
      tls: "off",
      proxyAddress: "127.0.0.1",
      httpPort: "8081",
      trustedProxies: "192.0.2.7",
      proxyProtocol: "true",
    }),
    release: oneReplica,
  },
  "by-address": { shape: edgeOf({ domain: "203.0.113.7,example.org" }), release: oneReplica },
  "http3-and-preload": {
    shape: edgeOf({
      proxyAddress: "127.0.0.1",
      http3: "true",
      httpsPort: "8443",
      hstsSubdomains: "true",
      hstsPreload: "true",
    }),
    release: oneReplica,
  },
  "maintenance-addresses": {
    shape: edgeOf({ maintenanceAllowed: "198.51.100.7/32,2001:db8:1::/48", maintenanceRetryAfter: "1800" }),
    release: oneReplica,
  },
  "another-application": {
    shape: plainEdge,
    release: {
      ...oneReplica,
      app: { health: "/up", staticPaths: ["/static/", "/fonts/v1/"], native: false, strictHeaders: false },
    },
  },
  "no-replica": { shape: plainEdge, release: { id: "none", app: ownEdgeApp, upstreams: [] } },
};
