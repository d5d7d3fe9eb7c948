import type { Request, Response } from "express";

/**
 * Cookies of the app. Over https their names carry `__Host-`, which ties them to this very host and
 * to TLS.
 */
export interface Cookies {
  read(request: Request, name: string): string | undefined;
  /** @param seconds lifetime; without it the cookie ends with the browser. */
  write(response: Response, name: string, value: string, seconds?: number): void;
  clear(response: Response, name: string): void;
}

function parse(header: string | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of (header ?? "").split(";")) {
    const split = part.indexOf("=");
    if (split > 0) found.set(part.slice(0, split).trim(), part.slice(split + 1).trim());
  }
  return found;
}

/**
 * Cookies by the scheme of the address that each request came to. Without TLS (local development, a
 * trusted network) browsers would not send a Secure cookie back, and cookies know no ports: there
 * the stack's name tells them apart.
 */
export function createCookies(stack: string, isSecure: (request: Request) => boolean): Cookies {
  const kindOf = (request: Request) => {
    const secure = isSecure(request);
    return {
      nameOf: (name: string) => (secure ? `__Host-${name}` : `${name}-${stack}`),
      attributes: `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`,
    };
  };
  return {
    read: (request, name) => parse(request.get("cookie")).get(kindOf(request).nameOf(name)),
    write: (response, name, value, seconds) => {
      const { nameOf, attributes } = kindOf(response.req);
      const lifetime = seconds === undefined ? "" : `; Max-Age=${seconds}`;
      response.append("Set-Cookie", `${nameOf(name)}=${value}; ${attributes}${lifetime}`);
    },
    clear: (response, name) => {
      const { nameOf, attributes } = kindOf(response.req);
      response.append("Set-Cookie", `${nameOf(name)}=; ${attributes}; Max-Age=0`);
    },
  };
}
