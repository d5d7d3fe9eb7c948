/** Certificates by ACME: Certbot orders and renews them. */
export interface CertbotTls {
  readonly mode: "certbot";
  /** Address that the authority writes to about trouble; none where unset. */
  readonly email?: string;
  /** The authority's ACME directory, an https URL. */
  readonly directory: string;
  /** `http` answers over port 80; `dns` sets records through Cloudflare's API, which wildcard names need. */
  readonly challenge: "http" | "dns";
  /** PEM of the certificate authority that signs the ACME directory's own TLS certificate; public authorities need none. */
  readonly directoryCa?: string;
}

/** Cloudflare in front: it holds the public certificate, we hold an origin certificate of theirs. */
export interface CloudflareTls {
  readonly mode: "cloudflare";
  /** PEM of the authority whose client certificate Cloudflare must show (authenticated origin pulls); not asked for where unset. */
  readonly originPullsCa?: string;
}

/** A certificate of our own making, for closed networks and trials; browsers warn. */
export interface SelfSignedTls {
  readonly mode: "selfsigned";
}

/** Plain HTTP: something in front ends TLS, or nobody but a closed network listens. */
export interface NoTls {
  readonly mode: "off";
}

export type TlsShape = CertbotTls | CloudflareTls | SelfSignedTls | NoTls;

/** Bounds that keep one client from taking what the others need. */
export interface EdgeLimits {
  /** Largest request body, MiB. */
  readonly bodySize: number;
  /** Requests a second that one address may keep up. */
  readonly requestRate: number;
  /** Requests that one address may send at once beyond that rate before it is answered 429. */
  readonly requestBurst: number;
  /** Requests (HTTP/1.1) or streams (HTTP/2) of one address that may be open at the same time. */
  readonly connections: number;
  /** Seconds a client may take between two reads of its request, and until its headers are complete. */
  readonly clientTimeout: number;
  /** Seconds that the application may stay silent while it answers. */
  readonly answerTimeout: number;
  /** Seconds that a WebSocket or an event stream may stay silent. */
  readonly streamTimeout: number;
}

/** How a stack meets the outside world. Everything in it is known before anything runs; releases come on top. */
export interface EdgeShape {
  /** Names that are served; the first is the canonical one. `*.example.org` is possible with DNS-01 or own certificates. */
  readonly domains: readonly string[];
  /** Names that are answered with a redirect to the canonical one. */
  readonly redirectedDomains: readonly string[];
  readonly tls: TlsShape;
  /** Host address that the ports are bound to. */
  readonly address: string;
  /** Host port of plain HTTP: ACME's challenge and the redirect to HTTPS. */
  readonly httpPort: number;
  /** Host port of HTTPS. */
  readonly httpsPort: number;
  /** HTTP/3 over UDP, where the image's Nginx has the module, which its makers still call experimental. */
  readonly http3: boolean;
  /** Put subdomains under HSTS as well: right only when every one of them speaks HTTPS. */
  readonly hstsSubdomains: boolean;
  /** Ask browsers' makers to preload HSTS; hard to take back. */
  readonly hstsPreload: boolean;
  readonly limits: EdgeLimits;
  /** CIDR ranges of proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed (mode `off`). */
  readonly trustedProxies: readonly string[];
  /** CIDR ranges that pass during maintenance. */
  readonly maintenanceAllowed: readonly string[];
  /** Seconds after which clients are asked to come back during maintenance. */
  readonly maintenanceRetryAfter: number;
  /** Seconds that old connections may finish in after a reload. */
  readonly drainTimeout: number;
}

/** One application container as Nginx reaches it. */
export interface Upstream {
  /** Container name or address on the edge network. */
  readonly address: string;
  readonly port: number;
  /** Share of requests relative to the others; a canary has less. */
  readonly weight: number;
}

/** What a release changes at the edge. */
export interface EdgeRelease {
  /** Release id, as the application answers it in `X-Release`. */
  readonly id: string;
  readonly upstreams: readonly Upstream[];
}
