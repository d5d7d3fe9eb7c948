import type { Request } from "express";
import { forbidden } from "../problems/problems.ts";
import { addressPattern } from "../settings/reach.ts";

/** One way to reach the app: `*` as host is any, `*.` any subdomain, `*` as port any. */
interface Pattern {
  readonly scheme: "http" | "https";
  readonly host: string;
  /** Digits; empty for the scheme's usual one. */
  readonly port: string;
}

/** Hosts whose origins are kept at most; a stack has a handful. */
const mostHosts = 100;

const usualPorts = { http: "80", https: "443" } as const;

function parse(text: string): Pattern {
  const [, scheme, host = "", port = ""] = addressPattern.exec(text) ?? [];
  if (scheme !== "http" && scheme !== "https") throw new Error(`${text} is no address of the app.`);
  return { scheme, host, port: port === usualPorts[scheme] ? "" : port };
}

/** Host and port as browsers write them; undefined where `host` is none. */
function asked(scheme: string, host: string): URL | undefined {
  return URL.canParse(`${scheme}://${host}`)
    ? new URL(`${scheme}://${host.replace(/\.(?=:\d+$|$)/, "")}`)
    : undefined;
}

/** The host that was asked for, its port included; HTTP/1.0 may name none. */
function hostOf({ host = "" }: { readonly host?: string }): string {
  return host;
}

function isHost({ host }: Pattern, name: string): boolean {
  return host === "*" || host === name || (host.startsWith("*.") && name.endsWith(host.slice(1)));
}

/** The addresses at which people reach the app, and which of them a request came to. */
export interface OwnAddresses {
  /** Whether the request came to an address of https. */
  isSecure(request: Request): boolean;
  /**
   * Refuses a change that another site may have caused. Browsers name the origin of every
   * cross-site POST; a client that names none is no browser, and then only the token protects a
   * session.
   *
   * @throws forbidden
   */
  refuseForeignOrigin(request: Request): void;
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether the method changes nothing. */
export function isSafe(method: string): boolean {
  return safeMethods.has(method);
}

/**
 * Decides which origins are the app's own: those of its list that a request came to. Where a proxy
 * is trusted, it says the scheme; the list does if none is, because then no client can. A host that
 * comes without its port has lost it at the proxy, so each port of the list will do.
 *
 * @param list addresses as in PUBLIC_URLS, the canonical one first; the host that was asked for
 * counts if empty.
 * @param proxied whether proxies in front are trusted, some or all.
 */
export function createOwnAddresses(list: readonly string[], proxied: boolean): OwnAddresses {
  const patterns = list.map(parse);

  const originsAt = (protocol: string, host: string): readonly string[] => {
    if (patterns.length === 0) {
      const url = /^https?$/.test(protocol) ? asked(protocol, host) : undefined;
      return url === undefined ? [] : [url.origin];
    }
    return patterns.flatMap((pattern) => {
      const { scheme, port } = pattern;
      const url = asked(scheme, host);
      if (url === undefined || (proxied && protocol !== scheme) || !isHost(pattern, url.hostname)) return [];
      if (port === "*" || port === url.port) return [url.origin];
      if (/:\d+$/.test(host)) return [];
      return [`${scheme}://${url.hostname}:${port}`];
    });
  };

  const known = new Map<string, readonly string[]>();
  const originsOf = (request: Request): readonly string[] => {
    const { protocol } = request;
    const host = hostOf(request);
    const key = `${protocol} ${host}`;
    const found = known.get(key);
    if (found) return found;
    // Anybody may send any Host, so what is kept of them has a bound.
    if (known.size >= mostHosts) known.clear();
    const origins = originsAt(protocol, host);
    known.set(key, origins);
    return origins;
  };

  const isListed = (origin: string): boolean =>
    patterns.some((pattern) => {
      const url = URL.canParse(origin) ? new URL(origin) : undefined;
      if (url?.protocol !== `${pattern.scheme}:` || !isHost(pattern, url.hostname)) return false;
      return pattern.port === "*" || pattern.port === url.port;
    });

  return {
    isSecure(request) {
      const [origin] = originsOf(request);
      return origin === undefined ? request.protocol === "https" : origin.startsWith("https:");
    },
    refuseForeignOrigin(request) {
      if (isSafe(request.method)) return;
      const own = originsOf(request);
      const origin = request.get("origin");
      const site = request.get("sec-fetch-site");
      const foreign =
        origin === undefined
          ? site !== undefined && site !== "same-origin" && site !== "none"
          : !own.includes(origin);
      if (!foreign) return;
      if (origin !== undefined && isListed(origin)) {
        const came = `${request.protocol}://${hostOf(request)}`;
        throw forbidden(
          `This page is ${origin}, and its request came to ${came}: the proxy in front has to pass on Host and X-Forwarded-Proto.`,
        );
      }
      const use = own[0] ?? list[0]?.replace(/\*/g, "…") ?? "the address of the page";
      throw forbidden(`Changes from another site are refused: use ${use}.`);
    },
  };
}
