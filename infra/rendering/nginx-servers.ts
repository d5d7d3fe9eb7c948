import { isIP } from "node:net";
import { edgePorts } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { block } from "./render-lines.ts";

const certificate = ["ssl_certificate tls/fullchain.pem;", "ssl_certificate_key tls/privkey.pem;"];

/** A name as Nginx compares it with `Host`, which has brackets around an IPv6 address. */
const serverName = (name: string) => (isIP(name) === 6 ? `[${name}]` : name);

/**
 * Every server of a port takes PROXY protocol, or none: the header comes before the name. A shared
 * proxy reads plain HTTP itself, and asks here for answers to ACME's challenges only.
 */
function listen(edge: EdgeConfig, port: number, ...options: readonly string[]): string {
  const header = edge.proxyProtocol && (edge.proxy === undefined || port !== edgePorts.http);
  return `listen ${[port, ...options, ...(header ? ["proxy_protocol"] : [])].join(" ")};`;
}

/**
 * Names that are not ours get no answer, and no certificate to read our names from. Clients send no
 * name for an address, so a stack that is reached by one shows its certificate to everybody.
 */
function unknownHosts(edge: EdgeConfig): string[] {
  const plain = block("server", [
    listen(edge, edgePorts.http, "default_server"),
    "server_name _;",
    "access_log off;",
    "include snippets/health.conf;",
    block("location /", ["return 444;"]),
  ]);
  if (edge.tls === "off") return [plain];
  const byAddress = [...edge.domain, ...edge.redirectDomains].some((name) => isIP(name) !== 0);
  return [
    plain,
    block("server", [
      listen(edge, edgePorts.https, "ssl", "default_server"),
      ...(edge.http3 ? ["include enabled/unknown-*.conf;"] : []),
      "http2 on;",
      "server_name _;",
      "access_log off;",
      ...(byAddress
        ? [...certificate, "set $edge_kind page;", "include snippets/answer-headers.conf;"]
        : ["ssl_reject_handshake on;"]),
      // For a name of ours in the handshake and another one in the request.
      "return 444;",
    ]),
  ];
}

/**
 * Where a redirect leads. A proxy in front is on the scheme's own port: the host's ports are known
 * to it alone.
 */
function originOf(edge: EdgeConfig, host: string): string {
  const outer = edge.trustedProxies.length > 0;
  const port = (own: number, usual: number) => (outer || own === usual ? "" : `:${own}`);
  if (edge.tls === "off") return `$forwarded_proto://${host}${port(edge.httpPort, 80)}`;
  return `https://${host}${port(edge.httpsPort, 443)}`;
}

/** Plain HTTP if the stack speaks TLS: ACME's challenge, and the way to HTTPS. */
function toHttps(edge: EdgeConfig): string {
  return block("server", [
    listen(edge, edgePorts.http),
    `server_name ${[...edge.domain, ...edge.redirectDomains].map(serverName).join(" ")};`,
    "set $edge_kind page;",
    // A client asks here once, and a closed connection cannot be in the way of a reload.
    "keepalive_timeout 0;",
    "include snippets/acme-challenge.conf;",
    "include snippets/health.conf;",
    block("location /", [`return 301 ${originOf(edge, "$host")}$request_uri;`]),
  ]);
}

function tlsLines(edge: EdgeConfig): string[] {
  const originPulls =
    edge.tls === "cloudflare" && edge.originPullsCa !== undefined
      ? ["ssl_client_certificate origin-pulls-ca.pem;", "ssl_verify_client on;"]
      : [];
  return [
    listen(edge, edgePorts.https, "ssl"),
    ...(edge.http3 ? ["include enabled/site-*.conf;"] : []),
    "http2 on;",
    ...certificate,
    ...originPulls,
    "include snippets/acme-challenge.conf;",
  ];
}

/** All servers that a stack's settings decide about. */
export function servers(edge: EdgeConfig): string {
  const [canonical] = edge.domain;
  const plain = edge.tls === "off";
  const entry = plain ? [listen(edge, edgePorts.http)] : tlsLines(edge);
  return [
    ...unknownHosts(edge),
    ...(plain ? [] : [toHttps(edge)]),
    ...(edge.redirectDomains.length === 0 || canonical === undefined
      ? []
      : [
          block("server", [
            ...entry,
            `server_name ${edge.redirectDomains.map(serverName).join(" ")};`,
            "set $edge_kind page;",
            "include snippets/answer-headers.conf;",
            block("location /", [`return 301 ${originOf(edge, serverName(canonical))}$request_uri;`]),
          ]),
        ]),
    block("server", [
      ...entry,
      `server_name ${edge.domain.map(serverName).join(" ")};`,
      `limit_conn connections ${edge.clientConnections};`,
      "include snippets/site.conf;",
    ]),
  ].join("\n\n");
}
