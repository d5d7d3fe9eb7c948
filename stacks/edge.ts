import { z } from "zod";
import {
  hostAddress,
  hostPort,
  list,
  pem,
  secret,
  webAddress,
  wholeNumber,
  yesOrNo,
  type Values,
  type With,
} from "./field.ts";

/**
 * Let's Encrypt's ACME directories, by the names that the setting `acmeDirectory` takes.
 * https://letsencrypt.org/docs/
 */
export const acmeDirectories = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

const acmeDirectory = z.union(
  [
    z.enum(["production", "staging"]).transform((name) => acmeDirectories[name]),
    webAddress("https://ca.example.org/directory", /^https$/),
  ],
  "production, staging or the https address of an ACME directory, without user and password",
);

/** Host names; case means nothing in them. */
const names = list.transform((all) => all.map((name) => name.toLowerCase()));

/** Settings of a stack with a proxy in front. `edgeProblems` checks what they mean together. */
export const edgeFields = {
  domain: names
    .optional()
    .describe(
      "Names that the stack serves, separated by commas, the canonical one first; without it, nothing is published.",
    )
    .meta({ example: "example.org,shop.example.org" }),
  redirectDomains: names
    .default([])
    .describe("Names that are redirected to the canonical one, separated by commas.")
    .meta({ example: "www.example.org" }),
  tls: z
    .enum(["certbot", "cloudflare", "selfsigned", "off"], "certbot, cloudflare, selfsigned or off")
    .default("certbot")
    .describe("Where the certificate comes from; off is plain HTTP."),
  acmeEmail: z
    .email("an e-mail address")
    .optional()
    .describe("Address that the certificate authority writes to.")
    .meta({ example: "ops@example.org" }),
  acmeDirectory: acmeDirectory
    .default(acmeDirectories.production)
    .describe(
      "Certificate authority: Let's Encrypt's production or staging, or the address of an ACME directory.",
    ),
  acmeDirectoryCa: pem
    .optional()
    .describe("PEM of the authority behind the ACME directory's own TLS certificate, if it is a company's.")
    .meta({ example: "< ca.pem" }),
  acmeChallenge: z
    .enum(["http", "dns"], "http or dns")
    .default("http")
    .describe("How names are proved: over port 80, or by records set through Cloudflare's API."),
  acmeProfile: z
    .stringFormat(
      "acmeProfile",
      /^[a-z][a-z0-9-]{0,62}$/,
      "a profile's name, as classic, tlsserver or shortlived",
    )
    .optional()
    .describe(
      "Which of the authority's kinds of certificate to order: Let's Encrypt has classic (its usual one), tlsserver (45 days) and shortlived (six days).",
    )
    .meta({ example: "shortlived" }),
  cloudflareToken: secret(
    "a token",
    "Secret. Token of Cloudflare's API with Zone:DNS:Edit, for acmeChallenge dns.",
  ),
  originCertificate: pem
    .optional()
    .describe("Cloudflare's origin certificate in PEM form, for tls cloudflare.")
    .meta({ example: "< origin.pem" }),
  originKey: secret("a private key", "Secret. The origin certificate's private key in PEM form."),
  originPullsCa: pem
    .optional()
    .describe("PEM of the authority whose client certificate Cloudflare shows (authenticated origin pulls).")
    .meta({ example: "< origin-pulls-ca.pem" }),
  proxy: z
    .string()
    .regex(/^(?!-)[\w-]+$/, "the name of a stack")
    .optional()
    .describe(
      "Stack of shape proxy that owns ports 80 and 443 of this host, and passes connections for this stack's names on to it; without it, the stack has the ports to itself.",
    )
    .meta({ example: "proxy" }),
  proxyAddress: hostAddress.default("0.0.0.0").describe("Host address that ports 80 and 443 are bound to."),
  httpPort: hostPort.default(80).describe("Host port of plain HTTP."),
  httpsPort: hostPort.default(443).describe("Host port of HTTPS."),
  http3: yesOrNo.default(false).describe("Offer HTTP/3 over UDP, which Nginx still calls experimental."),
  hstsSubdomains: yesOrNo.default(false).describe("Let HSTS cover all subdomains."),
  hstsPreload: yesOrNo.default(false).describe("Ask for HSTS in browsers' preload lists; hard to revert."),
  maxBody: wholeNumber(1, 10_240, "MiB").default(25).describe("Largest request body, MiB."),
  requestRate: wholeNumber(1, 100_000, "requests/s")
    .default(50)
    .describe("Requests a second that one address may keep up."),
  requestBurst: wholeNumber(1, 100_000)
    .default(200)
    .describe("Requests that one address may send at once beyond that."),
  clientConnections: wholeNumber(1, 10_000)
    .default(100)
    .describe("Requests (HTTP/1.1) or streams (HTTP/2) of one address that may be open at once."),
  clientTimeout: wholeNumber(1, 600, "s")
    .default(10)
    .describe("Seconds that a client may stay silent inside a request."),
  answerTimeout: wholeNumber(1, 3_600, "s")
    .default(60)
    .describe("Seconds that the application may stay silent."),
  streamTimeout: wholeNumber(1, 86_400, "s")
    .default(3_600)
    .describe("Seconds that a WebSocket or event stream may stay silent."),
  trustedProxies: list
    .default([])
    .describe(
      "Addresses or CIDR ranges of proxies in front whose X-Forwarded-* headers, or with `proxyProtocol` whose PROXY protocol, are believed.",
    )
    .meta({ example: "10.0.0.0/8" }),
  proxyProtocol: yesOrNo
    .default(false)
    .describe(
      "Whether a load balancer in front passes connections on with PROXY protocol (1 or 2); only `trustedProxies` are believed, and their X-Forwarded-* headers are not.",
    ),
  maintenanceAllowed: list
    .default([])
    .describe("Addresses or CIDR ranges that pass during maintenance.")
    .meta({ example: "198.51.100.7" }),
  maintenanceRetryAfter: wholeNumber(1, 86_400, "s")
    .default(300)
    .describe("Seconds after which clients should come back during maintenance."),
  proxyMemory: wholeNumber(32, 65_536, "MiB")
    .default(128)
    .describe("Memory limit of the Nginx container, MiB."),
} as const;

/**
 * How a stack meets the outside world. Everything in it is known before anything runs; releases
 * come on top.
 */
export interface EdgeConfig extends With<Values<typeof edgeFields>, "domain"> {
  /** Seconds that old connections may finish in after a reload. */
  readonly drainTimeout: number;
}

/** Settings of a stack that is the proxy of a host, and nothing else. */
export const sharedProxyFields = {
  proxyAddress: edgeFields.proxyAddress,
  httpPort: edgeFields.httpPort,
  httpsPort: edgeFields.httpsPort,
  proxyMemory: edgeFields.proxyMemory,
} as const;

/** The proxy, if the stack has a domain. */
export function edgeConfig(
  { domain, ...settings }: Values<typeof edgeFields>,
  drainTimeout: number,
): EdgeConfig | undefined {
  return domain === undefined ? undefined : { ...settings, domain, drainTimeout };
}
