import type { EdgeRelease } from "../../infra/rendering/edge-release.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { parseSettings } from "../../stacks/parse.ts";

/** A stack's edge with every setting at its default, on a self-signed certificate. */
export const plainEdge = edgeOf({ domain: "example.org", tls: "selfsigned" });

function edgeOf(settings: Record<string, string>): EdgeConfig {
  const { edge } = parseSettings("prod", settings);
  if (edge === undefined) throw new Error("a stack without a domain has no edge");
  return edge;
}

export const oneReplica: EdgeRelease = {
  id: "r1",
  upstreams: [{ address: "shop-app-1", port: 8000, weight: 1 }],
};

/** Two replicas of a release and a canary with a fifth of their share. */
export const canary: EdgeRelease = {
  id: "r3",
  upstreams: [
    { address: "shop-app-1", port: 8000, weight: 10 },
    { address: "shop-app-2", port: 8000, weight: 10 },
    { address: "shop-app-3", port: 8000, weight: 2 },
  ],
};

const certbot = {
  tls: "certbot",
  acmeEmail: "ops@example.org",
  acmeDirectory: "https://acme.example/dir",
} as const;

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

/** One shape for every branch of the renderers; each must be taken by a real Nginx. */
export const edgeVariants: Readonly<Record<string, { shape: EdgeConfig; release: EdgeRelease }>> = {
  "self-signed": { shape: plainEdge, release: oneReplica },
  certbot: {
    shape: {
      ...plainEdge,
      domain: ["example.org", "shop.example.org"],
      redirectDomains: ["www.example.org"],
      ...certbot,
    },
    release: canary,
  },
  wildcard: {
    shape: { ...plainEdge, domain: ["example.org", "*.example.org"], ...certbot, acmeChallenge: "dns" },
    release: canary,
  },
  cloudflare: { shape: { ...plainEdge, tls: "cloudflare" }, release: canary },
  "cloudflare-origin-pulls": {
    shape: { ...plainEdge, tls: "cloudflare", originPullsCa: someCa },
    release: canary,
  },
  "plain-http": { shape: { ...plainEdge, tls: "off" }, release: oneReplica },
  "behind-a-proxy": {
    shape: {
      ...plainEdge,
      tls: "off",
      httpPort: 8081,
      redirectDomains: ["www.example.org"],
      trustedProxies: ["192.0.2.0/24", "2001:db8::/32"],
    },
    release: oneReplica,
  },
  "http3-and-preload": {
    shape: { ...plainEdge, http3: true, httpsPort: 8443, hstsSubdomains: true, hstsPreload: true },
    release: oneReplica,
  },
  "maintenance-addresses": {
    shape: {
      ...plainEdge,
      maintenanceAllowed: ["198.51.100.7/32", "2001:db8:1::/48"],
      maintenanceRetryAfter: 1800,
    },
    release: oneReplica,
  },
  "no-replica": { shape: plainEdge, release: { id: "none", upstreams: [] } },
};
