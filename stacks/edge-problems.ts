import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { acmeDirectories, type EdgeConfig } from "./edge.ts";
import type { Fix } from "./field.ts";
import { rangeProblems } from "./reach.ts";
import type { PublishedPort } from "./stack-config.ts";

const label = "(?!-)[a-z0-9-]{1,63}(?<!-)";
const hostName = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${label}(?:\\.${label})*$`);

/**
 * Top-level names that no public authority certifies.
 * https://www.iana.org/assignments/special-use-domain-names
 */
const closedTopLevels = [
  "internal",
  "invalid",
  "lan",
  "local",
  "localhost",
  "test",
  "example",
  "home",
  "corp",
  "onion",
];

function nameProblem(setting: string, name: string): string[] {
  if (hostName.test(name) || isIP(name) === 6) return [];
  const bare = name.replace(/^[a-z]+:\/\//, "").replace(/[/:].*$/, "");
  const meant = hostName.test(bare) ? bare : domainToASCII(bare);
  return [
    `${setting}: "${name}" is no host name.${hostName.test(meant) ? ` Fix: write it as ${meant}` : " Fix: a name such as example.org, or *.example.org"}`,
  ];
}

function nameProblems({ domain, redirectDomains }: EdgeConfig, fix: Fix): string[] {
  const all = [...domain, ...redirectDomains];
  const [canonical] = domain;
  const problems = [
    ...domain.flatMap((name) => nameProblem("domain", name)),
    ...redirectDomains.flatMap((name) => nameProblem("redirectDomains", name)),
    ...all
      .filter((name, index) => all.indexOf(name) !== index)
      .map(
        (name) => `domain: ${name} is named twice, in domain and redirectDomains together. Fix: leave one`,
      ),
  ];
  if (canonical === undefined) {
    problems.push(`domain: names nothing. Fix: ${fix("set domain example.org")}`);
  } else if (canonical.startsWith("*.")) {
    problems.push(
      `domain: the first name is the canonical one, and ${canonical} is a wildcard. Fix: put a plain name first`,
    );
  }
  return problems;
}

function certbotProblems(edge: EdgeConfig, fix: Fix): string[] {
  const { acmeChallenge, acmeDirectory, cloudflareToken, domain, httpPort, redirectDomains, tls } = edge;
  if (tls !== "certbot") return [];
  const names = [...domain, ...redirectDomains];
  const publicAuthority = (Object.values(acmeDirectories) as string[]).includes(acmeDirectory);
  const problems = names
    .filter((name) => name.startsWith("*.") && acmeChallenge === "http")
    .map(
      (name) =>
        `acmeChallenge: ${name} is a wildcard, which only DNS can prove. Fix: ${fix("set acmeChallenge dns")}`,
    );
  if (acmeChallenge === "dns" && cloudflareToken === undefined) {
    problems.push(
      `cloudflareToken: acmeChallenge dns needs it. Fix: ${fix("set --secret cloudflareToken")} (a token with Zone:DNS:Edit)`,
    );
  }
  for (const name of names) {
    const topLevel = name.split(".").at(-1) ?? "";
    if (isIP(name) !== 0) {
      problems.push(
        `domain: ${name} is an address, and certificates are for names. Fix: a name, or ${fix("set tls selfsigned")}`,
      );
    } else if (publicAuthority && (!name.includes(".") || closedTopLevels.includes(topLevel))) {
      problems.push(
        `domain: no public authority certifies ${name}. Fix: a public name, ${fix("set tls selfsigned")}, or your own authority in acmeDirectory`,
      );
    }
  }
  if (acmeChallenge === "http" && httpPort !== 80 && publicAuthority) {
    problems.push(
      `httpPort: the authority asks on port 80. Fix: ${fix("rm httpPort")}, or ${fix("set acmeChallenge dns")}`,
    );
  }
  if (names.length > 100) {
    problems.push(
      `domain: ${names.length} names, and a certificate takes 100. Fix: a wildcard, and ${fix("set acmeChallenge dns")}`,
    );
  }
  return problems;
}

function cloudflareProblems({ originCertificate, originKey, tls }: EdgeConfig, fix: Fix): string[] {
  if (tls !== "cloudflare") return [];
  const problems: string[] = [];
  if (originCertificate === undefined) {
    problems.push(
      `originCertificate: tls cloudflare needs it. Fix: ${fix("set originCertificate")} < origin.pem`,
    );
  }
  if (originKey === undefined) {
    problems.push(
      `originKey: tls cloudflare needs it. Fix: ${fix("set --secret originKey")} < origin-key.pem`,
    );
  }
  return problems;
}

function proxyProtocolProblems(edge: EdgeConfig, fix: Fix): string[] {
  if (!edge.proxyProtocol) return [];
  const problems: string[] = [];
  if (edge.tls === "cloudflare") {
    problems.push(
      `proxyProtocol: Cloudflare tells visitors' addresses in a header. Fix: ${fix("rm proxyProtocol")}`,
    );
  } else if (edge.trustedProxies.length === 0) {
    problems.push(
      `trustedProxies: is missing; proxyProtocol needs the load balancer's addresses, because anybody can send what it sends. Fix: ${fix("set trustedProxies 10.0.0.7")}`,
    );
  }
  if (edge.http3) {
    problems.push(`http3: cannot go with proxyProtocol, which UDP does not have. Fix: ${fix("rm http3")}`);
  }
  return problems;
}

/** What the shared proxy decides for the stacks behind it, and what cannot come through it. */
function sharedProxyProblems(edge: EdgeConfig, fix: Fix): string[] {
  const { proxy } = edge;
  if (proxy === undefined) return [];
  const refused: readonly (readonly [setting: keyof EdgeConfig, given: boolean, why: string])[] = [
    [
      "http3",
      edge.http3,
      "is UDP, and the shared proxy finds a stack by the name in a TLS handshake over TCP",
    ],
    ["proxyProtocol", edge.proxyProtocol, "is how the shared proxy speaks to this stack already"],
    ["trustedProxies", edge.trustedProxies.length > 0, "the shared proxy is the only one in front"],
  ];
  const problems = refused
    .filter(([, given]) => given)
    .map(
      ([setting, , why]) => `${setting}: cannot go with proxy ${proxy}; ${why}. Fix: ${fix(`rm ${setting}`)}`,
    );
  if (edge.tls === "off" || edge.tls === "cloudflare") {
    problems.push(
      `tls: ${edge.tls} cannot go with proxy ${proxy}, which passes TLS on unopened. Fix: ${fix("set tls certbot")}, or ${fix("rm proxy")}`,
    );
  }
  for (const name of [...edge.domain, ...edge.redirectDomains].filter((one) => isIP(one) !== 0)) {
    problems.push(
      `domain: ${name} is an address, and the shared proxy finds stacks by their names. Fix: a name, or ${fix("rm proxy")}`,
    );
  }
  return problems;
}

const wildcardAddresses = ["0.0.0.0", "::"];

/**
 * Says when a port other than 80 and 443 would be reachable from everywhere.
 *
 * @param published every host port of the stack, with the setting that moves it
 */
export function exposureProblems(published: readonly Omit<PublishedPort, "part">[]): string[] {
  return published
    .filter(({ address, port }) => wildcardAddresses.includes(address) && port !== 80 && port !== 443)
    .map(
      ({ setting, address, port }) =>
        `${setting}: port ${port} would be open to everybody on ${address}; only 80 and 443 may be. Fix: bind it to 127.0.0.1, or to an address of an inner network`,
    );
}

/**
 * Every reason for which the edge's settings cannot be used, each with the setting's name and the
 * fix.
 */
export function edgeProblems(edge: EdgeConfig, fix: Fix): string[] {
  const problems = [
    ...nameProblems(edge, fix),
    ...certbotProblems(edge, fix),
    ...cloudflareProblems(edge, fix),
    ...rangeProblems("trustedProxies", edge.trustedProxies),
    ...proxyProtocolProblems(edge, fix),
    ...sharedProxyProblems(edge, fix),
    ...rangeProblems("maintenanceAllowed", edge.maintenanceAllowed),
  ];
  if (edge.trustedProxies.length > 0 && edge.tls === "cloudflare") {
    problems.push(
      `trustedProxies: tls cloudflare believes Cloudflare's addresses alone. Fix: ${fix("rm trustedProxies")}`,
    );
  }
  if (edge.http3 && edge.tls === "off") problems.push(`http3: needs TLS. Fix: ${fix("rm http3")}`);
  if (edge.hstsPreload && !edge.hstsSubdomains) {
    problems.push(
      `hstsPreload: preload lists ask for subdomains as well. Fix: ${fix("set hstsSubdomains true")}`,
    );
  }
  return problems;
}
