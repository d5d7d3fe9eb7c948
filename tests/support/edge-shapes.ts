import type { EdgeRelease, EdgeShape } from "../../stacks/edge-shape.ts";

/** A stack's edge with every setting at its default, on a self-signed certificate. */
export const plainEdge: EdgeShape = {
  domains: ["example.org"],
  redirectedDomains: [],
  tls: { mode: "selfsigned" },
  address: "0.0.0.0",
  httpPort: 80,
  httpsPort: 443,
  http3: false,
  hstsSubdomains: false,
  hstsPreload: false,
  limits: {
    bodySize: 25,
    requestRate: 50,
    requestBurst: 200,
    connections: 100,
    clientTimeout: 10,
    answerTimeout: 60,
    streamTimeout: 3600,
  },
  trustedProxies: [],
  maintenanceAllowed: [],
  maintenanceRetryAfter: 300,
  drainTimeout: 25,
};

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
  mode: "certbot",
  email: "ops@example.org",
  directory: "https://acme.example/dir",
  challenge: "http",
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
export const edgeVariants: Readonly<Record<string, { shape: EdgeShape; release: EdgeRelease }>> = {
  "self-signed": { shape: plainEdge, release: oneReplica },
  certbot: {
    shape: {
      ...plainEdge,
      domains: ["example.org", "shop.example.org"],
      redirectedDomains: ["www.example.org"],
      tls: certbot,
    },
    release: canary,
  },
  wildcard: {
    shape: { ...plainEdge, domains: ["example.org", "*.example.org"], tls: { ...certbot, challenge: "dns" } },
    release: canary,
  },
  cloudflare: { shape: { ...plainEdge, tls: { mode: "cloudflare" } }, release: canary },
  "cloudflare-origin-pulls": {
    shape: { ...plainEdge, tls: { mode: "cloudflare", originPullsCa: someCa } },
    release: canary,
  },
  "plain-http": { shape: { ...plainEdge, tls: { mode: "off" } }, release: oneReplica },
  "behind-a-proxy": {
    shape: {
      ...plainEdge,
      tls: { mode: "off" },
      httpPort: 8081,
      redirectedDomains: ["www.example.org"],
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
