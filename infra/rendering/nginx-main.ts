import { edgePaths } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { httpMaps } from "./nginx-maps.ts";
import { servers } from "./nginx-servers.ts";
import { block } from "./render-lines.ts";
import { securityHeaderMaps } from "./security-headers.ts";

/** Snippets of `nginx/snippets` at the `http` level, in this order. */
const snippets = [
  "basics",
  "slow-clients",
  "temporary-files",
  "access-log",
  "tls",
  "compression",
  "streams",
  "error-format",
] as const;

/** Connections of one worker; both sides of a proxied request count. 4,096 hold a thousand slow clients beside real ones. */
const workerConnections = 4_096;

/** `nginx.conf`: the same for every image, since `bin/load.sh` adds what the image's Nginx can do. */
export function mainConfig(edge: EdgeConfig): string {
  const timeouts = [
    `client_header_timeout ${edge.clientTimeout}s;`,
    `client_body_timeout ${edge.clientTimeout}s;`,
    `send_timeout ${edge.clientTimeout}s;`,
  ].join("\n");
  return `# Rendered by berth; changes here are overwritten. The sources are infra/rendering and nginx/.
include /etc/nginx/modules-enabled/*.conf;
worker_processes auto;
worker_rlimit_nofile ${workerConnections * 4};
worker_shutdown_timeout ${edge.drainTimeout}s;
pid ${edgePaths.run}/nginx.pid;
# Several expressions are matched a request. Default: off. https://nginx.org/en/docs/ngx_core_module.html#pcre_jit
pcre_jit on;
error_log stderr warn;

events {
    worker_connections ${workerConnections};
}

${block("http", [
  ...snippets.map((name) => `include snippets/${name}.conf;`),
  ...(edge.tls === "off" ? [] : ["include enabled/groups.conf;"]),
  "include enabled/brotli*.conf;",
  "include enabled/keepalive-*.conf;",
  timeouts,
  httpMaps(edge),
  securityHeaderMaps(),
  "include upstream.conf;",
  servers(edge),
])}
`;
}
