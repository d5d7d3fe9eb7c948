import { edgePaths, edgePorts } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { siteBody } from "./nginx-site.ts";
import { upstreamName } from "./nginx-upstream.ts";
import { block } from "./render-lines.ts";
import { securityHeaderLines } from "./security-headers.ts";

/** Health, the release and the replica that answer, and the loaded set: for the container's own checks, on loopback only. */
function probeServer(): string {
  return block("server", [
    `listen 127.0.0.1:${edgePorts.probe};`,
    "access_log off;",
    'location = /health {\n    return 200 "ok\\n";\n}',
    "include enabled/probe-*.conf;",
    "add_header X-Upstream $upstream_addr always;",
    // No second try: the point is to see who answers.
    block("location = /release", [
      `proxy_pass http://${upstreamName}/health/ready;`,
      "proxy_http_version 1.1;",
      'proxy_set_header Connection "";',
      "proxy_connect_timeout 2s;",
      "proxy_read_timeout 5s;",
      "proxy_next_upstream off;",
    ]),
  ]);
}

/** Counters for the monitoring exporter, on the edge network only: the port is never published. */
function statusServer(): string {
  return block("server", [
    `listen ${edgePorts.status};`,
    "access_log off;",
    block("location = /stub_status", [
      "stub_status;",
      ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"].map((range) => `allow ${range};`),
      "deny all;",
    ]),
    "location / {\n    deny all;\n}",
  ]);
}

/** Names that are not ours get no answer, and no certificate to read our names from. */
function unknownHosts(edge: EdgeConfig): string[] {
  const plain = block("server", [
    `listen ${edgePorts.http} default_server;`,
    "server_name _;",
    "access_log off;",
    "return 444;",
  ]);
  if (edge.tls === "off") return [plain];
  return [
    plain,
    block("server", [
      `listen ${edgePorts.https} ssl default_server;`,
      ...(edge.http3 ? ["include enabled/unknown-*.conf;"] : []),
      "http2 on;",
      "server_name _;",
      "access_log off;",
      "ssl_reject_handshake on;",
      // For a name of ours in the handshake and another one in the request.
      "return 444;",
    ]),
  ];
}

function originOf(edge: EdgeConfig, host: string): string {
  if (edge.tls === "off")
    return `$forwarded_proto://${host}${edge.httpPort === 80 ? "" : `:${edge.httpPort}`}`;
  return `https://${host}${edge.httpsPort === 443 ? "" : `:${edge.httpsPort}`}`;
}

const acmeChallenge = block("location ^~ /.well-known/acme-challenge/", [
  "default_type text/plain;",
  `root ${edgePaths.webroot};`,
]);

/** Plain HTTP where the stack speaks TLS: ACME's challenge, and the way to HTTPS. */
function toHttps(edge: EdgeConfig): string {
  return block("server", [
    `listen ${edgePorts.http};`,
    `server_name ${[...edge.domain, ...edge.redirectDomains].join(" ")};`,
    // Nobody asks a second time here, and a closed connection cannot be in the way of a reload.
    "keepalive_timeout 0;",
    acmeChallenge,
    block("location /", [`return 301 ${originOf(edge, "$host")}$request_uri;`]),
  ]);
}

function tlsLines(edge: EdgeConfig): string[] {
  const originPulls =
    edge.tls === "cloudflare" && edge.originPullsCa !== undefined
      ? ["ssl_client_certificate origin-pulls-ca.pem;", "ssl_verify_client on;"]
      : [];
  return [
    `listen ${edgePorts.https} ssl;`,
    ...(edge.http3 ? ["include enabled/site-*.conf;"] : []),
    "http2 on;",
    "ssl_certificate tls/fullchain.pem;",
    "ssl_certificate_key tls/privkey.pem;",
    ...originPulls,
  ];
}

/** All servers of a stack. */
export function servers(edge: EdgeConfig): string {
  const [canonical] = edge.domain;
  const plain = edge.tls === "off";
  const entry = plain ? [`listen ${edgePorts.http};`] : tlsLines(edge);
  return [
    probeServer(),
    statusServer(),
    ...unknownHosts(edge),
    ...(plain ? [] : [toHttps(edge)]),
    ...(edge.redirectDomains.length === 0 || canonical === undefined
      ? []
      : [
          block("server", [
            ...entry,
            `server_name ${edge.redirectDomains.join(" ")};`,
            "set $edge_kind page;",
            securityHeaderLines(edge),
            block("location /", [`return 301 ${originOf(edge, canonical)}$request_uri;`]),
          ]),
        ]),
    block("server", [...entry, `server_name ${edge.domain.join(" ")};`, ...siteBody(edge)]),
  ].join("\n\n");
}
