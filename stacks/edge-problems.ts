import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { EdgeShape } from "./edge-shape.ts";
import { acmeDirectories } from "./edge-fields.ts";
import { rangeProblems } from "./reach.ts";

/** Which of the edge's secrets and certificates a stack's settings have. */
export interface EdgeSecretsPresent {
  readonly cloudflareToken: boolean;
  readonly originCertificate: boolean;
  readonly originKey: boolean;
}

const label = "(?!-)[a-z0-9-]{1,63}(?<!-)";
const hostName = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${label}(?:\\.${label})*$`);

/** Top-level names that no public authority certifies. https://www.iana.org/assignments/special-use-domain-names */
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
  if (hostName.test(name)) return [];
  const bare = name.replace(/^[a-z]+:\/\//, "").replace(/[/:].*$/, "");
  const meant = hostName.test(bare) ? bare : domainToASCII(bare);
  return [
    `${setting}: "${name}" is no host name.${hostName.test(meant) ? ` Fix: write it as ${meant}` : " Fix: a name such as example.org, or *.example.org"}`,
  ];
}

function nameProblems(shape: EdgeShape): string[] {
  const { domains, redirectedDomains } = shape;
  const all = [...domains, ...redirectedDomains];
  const [canonical] = domains;
  return [
    ...(canonical === undefined ? ["domain: names nothing. Fix: pulumi config set domain example.org"] : []),
    ...domains.flatMap((name) => nameProblem("domain", name)),
    ...redirectedDomains.flatMap((name) => nameProblem("redirectDomains", name)),
    ...all
      .filter((name, index) => all.indexOf(name) !== index)
      .map(
        (name) => `domain: ${name} is named twice, in domain and redirectDomains together. Fix: leave one`,
      ),
    ...(canonical?.startsWith("*.") === true
      ? [
          `domain: the first name is the canonical one, and ${canonical} is a wildcard. Fix: put a plain name first`,
        ]
      : []),
  ];
}

function certbotProblems(shape: EdgeShape, present: EdgeSecretsPresent): string[] {
  const { tls } = shape;
  if (tls.mode !== "certbot") return [];
  const names = [...shape.domains, ...shape.redirectedDomains];
  const publicAuthority = (Object.values(acmeDirectories) as string[]).includes(tls.directory);
  const problems = names
    .filter((name) => name.startsWith("*.") && tls.challenge === "http")
    .map(
      (name) =>
        `acmeChallenge: ${name} is a wildcard, which only DNS can prove. Fix: pulumi config set acmeChallenge dns`,
    );
  if (tls.challenge === "dns" && !present.cloudflareToken) {
    problems.push(
      "cloudflareToken: acmeChallenge dns needs it. Fix: pulumi config set --secret cloudflareToken TOKEN (a token with Zone:DNS:Edit)",
    );
  }
  for (const name of names) {
    const topLevel = name.split(".").at(-1) ?? "";
    if (isIP(name) !== 0) {
      problems.push(
        `domain: ${name} is an address, and certificates are for names. Fix: a name, or pulumi config set tls selfsigned`,
      );
    } else if (publicAuthority && (!name.includes(".") || closedTopLevels.includes(topLevel))) {
      problems.push(
        `domain: no public authority certifies ${name}. Fix: a public name, pulumi config set tls selfsigned, or your own authority in acmeDirectory`,
      );
    }
  }
  if (tls.challenge === "http" && shape.httpPort !== 80 && publicAuthority) {
    problems.push(
      "httpPort: the authority asks on port 80. Fix: pulumi config rm httpPort, or acmeChallenge dns",
    );
  }
  if (names.length > 100) {
    problems.push(
      `domain: ${names.length} names, and a certificate takes 100. Fix: a wildcard with acmeChallenge dns`,
    );
  }
  return problems;
}

function cloudflareProblems(shape: EdgeShape, present: EdgeSecretsPresent): string[] {
  if (shape.tls.mode !== "cloudflare") return [];
  return [
    ...(present.originCertificate
      ? []
      : [
          "originCertificate: tls cloudflare needs it. Fix: pulumi config set originCertificate < origin.pem",
        ]),
    ...(present.originKey
      ? []
      : ["originKey: tls cloudflare needs it. Fix: pulumi config set --secret originKey < origin-key.pem"]),
  ];
}

const wildcardAddresses = ["0.0.0.0", "::"];

/**
 * Says when a port other than 80 and 443 would be reachable from everywhere.
 *
 * @param published every host port of the stack, with the setting that moves it
 */
export function exposureProblems(
  published: readonly { readonly setting: string; readonly address: string; readonly port: number }[],
): string[] {
  return published
    .filter(({ address, port }) => wildcardAddresses.includes(address) && port !== 80 && port !== 443)
    .map(
      ({ setting, address, port }) =>
        `${setting}: port ${port} would be open to everybody on ${address}; only 80 and 443 may be. Fix: bind it to 127.0.0.1, or to an address of an inner network`,
    );
}

/** Every reason for which the edge's settings cannot be used, each with the setting's name and the fix. */
export function edgeProblems(shape: EdgeShape, present: EdgeSecretsPresent): string[] {
  const { tls } = shape;
  return [
    ...nameProblems(shape),
    ...certbotProblems(shape, present),
    ...cloudflareProblems(shape, present),
    ...rangeProblems("trustedProxies", shape.trustedProxies),
    ...rangeProblems("maintenanceAllowed", shape.maintenanceAllowed),
    ...(shape.trustedProxies.length > 0 && tls.mode !== "off"
      ? [
          `trustedProxies: only tls off has a proxy in front that ends TLS. Fix: pulumi config rm trustedProxies`,
        ]
      : []),
    ...(shape.http3 && tls.mode === "off" ? ["http3: needs TLS. Fix: pulumi config rm http3"] : []),
    ...(shape.hstsPreload && !shape.hstsSubdomains
      ? ["hstsPreload: preload lists ask for subdomains as well. Fix: pulumi config set hstsSubdomains true"]
      : []),
    ...(shape.httpPort === shape.httpsPort && tls.mode !== "off"
      ? [`httpsPort: port ${shape.httpsPort} is already httpPort's. Fix: pulumi config set httpsPort PORT`]
      : []),
  ];
}
