import { cloudflareRanges } from "./cloudflare-ranges.ts";
import { edgePaths } from "./edge-paths.ts";
import { type EdgeLocale, edgeLocales } from "./error-pages.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { block, quoted } from "./render-lines.ts";

/** Two years, as Mozilla's guidelines 6.0 and the preload list ask for. https://hstspreload.org */
const hstsSeconds = 63_072_000;

/** The value of Strict-Transport-Security; undefined if the stack does not speak TLS itself. */
export function strictTransportSecurity(edge: EdgeConfig): string | undefined {
  if (edge.tls === "off") return undefined;
  const flags = [edge.hstsSubdomains ? "includeSubDomains" : "", edge.hstsPreload ? "preload" : ""];
  return [`max-age=${hstsSeconds}`, ...flags.filter((flag) => flag !== "")].join("; ");
}

function ranges(addresses: readonly string[]): string[] {
  return addresses.map((range) => `${range} 1;`);
}

/**
 * Where the client's address and scheme come from: the connection, or a proxy in front that is
 * believed by its address.
 */
function realAddress(edge: EdgeConfig): string[] {
  const cloudflare = edge.tls === "cloudflare";
  const proxies = cloudflare ? cloudflareRanges : edge.trustedProxies;
  const outer = proxies.length > 0 && !cloudflare;
  // A balancer that passes TCP on passes the visitor's own headers on: they say nothing.
  const headers = outer && !edge.proxyProtocol;
  return [
    ...proxies.map((range) => `set_real_ip_from ${range};`),
    cloudflare ? "real_ip_header CF-Connecting-IP;" : "",
    outer && edge.proxyProtocol ? "real_ip_header proxy_protocol;" : "",
    headers ? "real_ip_header X-Forwarded-For;\nreal_ip_recursive on;" : "",
    headers ? block("geo $realip_remote_addr $behind_proxy", ["default 0;", ...ranges(proxies)]) : "",
    headers
      ? block('map "$behind_proxy:$http_x_forwarded_proto" $forwarded_proto', [
          "default $scheme;",
          "1:https https;",
          "1:http http;",
        ])
      : block("map $scheme $forwarded_proto", ["default $scheme;"]),
    block("map $forwarded_proto $forwarded_port", [
      `default ${outer ? 80 : edge.httpPort};`,
      `https ${outer ? 443 : edge.httpsPort};`,
    ]),
  ];
}

/** The language of an error page: the first of ours that the visitor names, else the stack's. */
function errorLanguage(locale: EdgeLocale): string {
  const first = edgeLocales.map((wanted) => {
    const others = edgeLocales.filter((other) => other !== wanted).join("|");
    return `"~*^(?:(?!\\s*(?:${others}))[^,]*,)*\\s*${wanted}" ${wanted};`;
  });
  return block("map $http_accept_language $error_language", [`default ${locale};`, ...first]);
}

/** The values of a stack's settings at the `http` level, for the snippets. */
export function settingsOf(edge: EdgeConfig, locale: EdgeLocale): string {
  const hsts = strictTransportSecurity(edge);
  return [
    `client_header_timeout ${edge.clientTimeout}s;`,
    `client_body_timeout ${edge.clientTimeout}s;`,
    `send_timeout ${edge.clientTimeout}s;`,
    `client_max_body_size ${edge.maxBody}m;`,
    `limit_req_zone $client_network zone=requests:10m rate=${edge.requestRate}r/s;`,
    ...realAddress(edge),
    errorLanguage(locale),
    block("map $server_port $strict_transport_security", [
      `default ${hsts === undefined ? '""' : quoted(hsts)};`,
    ]),
    block("geo $maintenance_allowed", ["default 0;", ...ranges(edge.maintenanceAllowed)]),
    // `berth maintenance on --retry-after` leaves the file; the pattern lets it be missing.
    block("map $server_port $maintenance_retry_after", [
      `default ${edge.maintenanceRetryAfter};`,
      `include ${edgePaths.config}/retry-after[.]conf;`,
    ]),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/**
 * How often a client may ask and how long the application may stay silent: included by
 * `snippets/application.conf`.
 */
export function limitFiles(edge: EdgeConfig): Record<string, string> {
  const limits = (silence: number) =>
    [
      `limit_req zone=requests burst=${edge.requestBurst} nodelay;`,
      `proxy_read_timeout ${silence}s;`,
      `proxy_send_timeout ${silence}s;\n`,
    ].join("\n");
  return {
    "limits/answers.conf": limits(edge.answerTimeout),
    "limits/streams.conf": limits(edge.streamTimeout),
  };
}
