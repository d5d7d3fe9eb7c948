import { edgePaths, edgePorts } from "./edge-paths.ts";
import type { EdgeShape } from "../../stacks/edge-shape.ts";
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
function unknownHosts(shape: EdgeShape): string[] {
  const plain = block("server", [
    `listen ${edgePorts.http} default_server;`,
    "server_name _;",
    "access_log off;",
    "return 444;",
  ]);
  if (shape.tls.mode === "off") return [plain];
  return [
    plain,
    block("server", [
      `listen ${edgePorts.https} ssl default_server;`,
      ...(shape.http3 ? ["include enabled/unknown-*.conf;"] : []),
      "http2 on;",
      "server_name _;",
      "access_log off;",
      "ssl_reject_handshake on;",
      // For a name of ours in the handshake and another one in the request.
      "return 444;",
    ]),
  ];
}

function originOf(shape: EdgeShape, host: string): string {
  if (shape.tls.mode === "off")
    return `$forwarded_proto://${host}${shape.httpPort === 80 ? "" : `:${shape.httpPort}`}`;
  return `https://${host}${shape.httpsPort === 443 ? "" : `:${shape.httpsPort}`}`;
}

const acmeChallenge = block("location ^~ /.well-known/acme-challenge/", [
  "default_type text/plain;",
  `root ${edgePaths.webroot};`,
]);

/** Plain HTTP where the stack speaks TLS: ACME's challenge, and the way to HTTPS. */
function toHttps(shape: EdgeShape): string {
  return block("server", [
    `listen ${edgePorts.http};`,
    `server_name ${[...shape.domains, ...shape.redirectedDomains].join(" ")};`,
    // Nobody asks a second time here, and a closed connection cannot be in the way of a reload.
    "keepalive_timeout 0;",
    acmeChallenge,
    block("location /", [`return 301 ${originOf(shape, "$host")}$request_uri;`]),
  ]);
}

function tlsLines(shape: EdgeShape): string[] {
  const originPulls =
    shape.tls.mode === "cloudflare" && shape.tls.originPullsCa !== undefined
      ? ["ssl_client_certificate origin-pulls-ca.pem;", "ssl_verify_client on;"]
      : [];
  return [
    `listen ${edgePorts.https} ssl;`,
    ...(shape.http3 ? ["include enabled/site-*.conf;"] : []),
    "http2 on;",
    "ssl_certificate tls/fullchain.pem;",
    "ssl_certificate_key tls/privkey.pem;",
    ...originPulls,
  ];
}

/** All servers of a stack. */
export function servers(shape: EdgeShape): string {
  const [canonical] = shape.domains;
  const plain = shape.tls.mode === "off";
  const entry = plain ? [`listen ${edgePorts.http};`] : tlsLines(shape);
  return [
    probeServer(),
    statusServer(),
    ...unknownHosts(shape),
    ...(plain ? [] : [toHttps(shape)]),
    ...(shape.redirectedDomains.length === 0 || canonical === undefined
      ? []
      : [
          block("server", [
            ...entry,
            `server_name ${shape.redirectedDomains.join(" ")};`,
            "set $edge_kind page;",
            securityHeaderLines(shape),
            block("location /", [`return 301 ${originOf(shape, canonical)}$request_uri;`]),
          ]),
        ]),
    block("server", [...entry, `server_name ${shape.domains.join(" ")};`, ...siteBody(shape)]),
  ].join("\n\n");
}
