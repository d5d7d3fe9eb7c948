import type { z } from "zod";
import type { EdgeShape, TlsShape } from "./edge-shape.ts";
import type { edgeFields } from "./edge-fields.ts";

export type EdgeSettings = z.output<z.ZodObject<typeof edgeFields>>;

function tlsOf(settings: EdgeSettings): TlsShape {
  switch (settings.tls) {
    case "certbot":
      return {
        mode: "certbot",
        ...(settings.acmeEmail === undefined ? {} : { email: settings.acmeEmail }),
        directory: settings.acmeDirectory,
        challenge: settings.acmeChallenge,
        ...(settings.acmeDirectoryCa === undefined ? {} : { directoryCa: settings.acmeDirectoryCa }),
      };
    case "cloudflare":
      return {
        mode: "cloudflare",
        ...(settings.originPullsCa === undefined ? {} : { originPullsCa: settings.originPullsCa }),
      };
    case "selfsigned":
    case "off":
      return { mode: settings.tls };
  }
}

/** What the settings say of the edge. Secrets (`cloudflareToken`, `originKey`) are not part of it. */
export function edgePart(settings: EdgeSettings, drainTimeout: number): EdgeShape {
  return {
    domains: settings.domain.map((name) => name.toLowerCase()),
    redirectedDomains: settings.redirectDomains.map((name) => name.toLowerCase()),
    tls: tlsOf(settings),
    address: settings.edgeAddress,
    httpPort: settings.httpPort,
    httpsPort: settings.httpsPort,
    http3: settings.http3,
    hstsSubdomains: settings.hstsSubdomains,
    hstsPreload: settings.hstsPreload,
    limits: {
      bodySize: settings.maxBody,
      requestRate: settings.requestRate,
      requestBurst: settings.requestBurst,
      connections: settings.clientConnections,
      clientTimeout: settings.clientTimeout,
      answerTimeout: settings.answerTimeout,
      streamTimeout: settings.streamTimeout,
    },
    trustedProxies: settings.trustedProxies,
    maintenanceAllowed: settings.maintenanceAllowed,
    maintenanceRetryAfter: settings.maintenanceRetryAfter,
    drainTimeout,
  };
}
