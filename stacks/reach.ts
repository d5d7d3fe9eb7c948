import { isIP } from "node:net";
import { z } from "zod";
import { list, type Fix } from "./field.ts";

const expected =
  "addresses such as https://shop.example.org, each with nothing behind the host and port, separated by commas";

/**
 * The address as browsers name it in `Origin`; undefined if it is none. `*.` may stand for one
 * label.
 */
function originOf(text: string): string | undefined {
  const plain = text.replace(/^(https?:\/\/)\*\./i, "$1wildcard.");
  if (!URL.canParse(plain)) return undefined;
  const { protocol, pathname, search, hash, username, password, hostname, origin } = new URL(plain);
  const bare = pathname === "/" && search + hash + username + password === "" && !/[?#]/.test(text);
  if (!["http:", "https:"].includes(protocol) || !bare || hostname.includes("*")) return undefined;
  return plain === text ? origin : origin.replace("://wildcard.", "://*.");
}

function origins(text: string, context: z.RefinementCtx): string[] {
  const given = text.split(/[\s,]+/).filter((part) => part !== "");
  const found = given.flatMap((part) => originOf(part) ?? []);
  if (found.length === given.length && found.length > 0 && !found[0]?.includes("*")) return found;
  context.addIssue({ code: "custom", message: expected });
  return z.NEVER;
}

/** How people reach a stack where it cannot know by itself. */
export const reachFields = {
  publicUrl: z
    .string()
    .transform(origins)
    .default([])
    .describe(
      "Addresses that people type, separated by commas, if they differ from `domain` and the ports: behind a proxy or a port mapping. E-mail uses the first one; `https://*.example.org` stands for subdomains.",
    )
    .meta({ example: "https://shop.example.org" }),
} as const;

/** How people reach a stack without a proxy of its own. */
export const basicReachFields = {
  trustedProxies: list
    .default([])
    .describe(
      "Addresses or CIDR ranges of proxies in front whose X-Forwarded-* headers are believed; 127.0.0.1 is one on the host. `publicUrl` says their address.",
    )
    .meta({ example: "10.0.0.0/8" }),
} as const;

/** What is neither an address nor a CIDR range in a list of them. */
export function rangeProblems(setting: string, ranges: readonly string[]): string[] {
  return ranges.flatMap((range) => {
    const [address = "", bits, ...rest] = range.split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    return family !== 0 && fits && rest.length === 0
      ? []
      : [
          `${setting}: "${range}" is neither an address nor a CIDR range. Fix: such as 203.0.113.7 or 203.0.113.0/24`,
        ];
  });
}

/** Whether an address or a range of them is this host's own. */
export function isLoopback(range: string): boolean {
  return range.startsWith("127.") || /^::1(?:\/128)?$/.test(range);
}

interface BasicReach {
  readonly publicUrl: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly appAddress: string;
}

/** What contradicts itself in how a stack without a proxy of its own is reached. */
export function basicReachProblems(
  { publicUrl, trustedProxies, appAddress }: BasicReach,
  fix: Fix,
): string[] {
  if (trustedProxies.length === 0) return [];
  const problems = rangeProblems("trustedProxies", trustedProxies);
  const own = trustedProxies.find(isLoopback);
  if (publicUrl.length === 0) {
    problems.push(
      `publicUrl: is missing; a proxy in front (trustedProxies) has an address that the stack cannot know. Fix: ${fix("set publicUrl https://shop.example.org")}`,
    );
  }
  if (own !== undefined && !isLoopback(appAddress)) {
    problems.push(
      `trustedProxies: ${own} is the host itself, which engines take others for while the port is open on ${appAddress}. Fix: ${fix("rm appAddress")}; a proxy on the host reaches 127.0.0.1`,
    );
  }
  return problems;
}

interface EdgeReach {
  readonly domain: readonly string[];
  readonly tls: string;
  readonly proxyProtocol: boolean;
}

/** What contradicts itself where the proxy answers to its names only. */
export function edgeReachProblems(publicUrl: readonly string[], edge: EdgeReach, fix: Fix): string[] {
  const secure = publicUrl.find((address) => address.startsWith("https:"));
  const untold =
    edge.proxyProtocol && edge.tls === "off" && secure !== undefined
      ? [
          `publicUrl: ${secure} is https, but with tls off and proxyProtocol nothing says that the load balancer ended TLS. Fix: ${fix("set tls certbot")}, and have it pass TLS through; or ${fix("rm proxyProtocol")}, and have it send X-Forwarded-For and X-Forwarded-Proto`,
        ]
      : [];
  return [...untold, ...unservedNames(publicUrl, edge.domain)];
}

function unservedNames(publicUrl: readonly string[], domains: readonly string[]): string[] {
  const served = (host: string) =>
    domains.some((name) => host === name || (name.startsWith("*.") && host.endsWith(name.slice(1))));
  return publicUrl.flatMap((address) => {
    const host = address.replace(/^https?:\/\//, "").replace(/:\d+$/, "");
    return served(host)
      ? []
      : [
          `publicUrl: ${host} is no name that the stack serves (domain). Fix: put it into domain, or leave it out of publicUrl`,
        ];
  });
}
