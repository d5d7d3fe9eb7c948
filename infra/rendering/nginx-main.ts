import { applicationKind, type EdgeApp } from "./edge-app.ts";
import { edgePaths } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import type { EdgeLocale } from "./error-pages.ts";
import { settingsOf } from "./nginx-maps.ts";
import { servers } from "./nginx-servers.ts";
import { block } from "./render-lines.ts";

/**
 * Snippets of `nginx/snippets` at the `http` level, in this order; `site.conf` and the servers
 * include the others.
 */
const snippets = [
  "basics",
  "slow-clients",
  "temporary-files",
  "error-log",
  "access-log",
  "tls",
  "compression",
  "streams",
  "clients",
  "maintenance",
  "caching",
  "media-names",
  "error-format",
  "security-headers",
  "request-id",
] as const;

/**
 * Connections of one worker; both sides of a proxied request count. 4,096 hold a thousand slow
 * clients beside real ones.
 */
export const workerConnections = 4_096;

/** Files that one worker opens at most: two sockets a connection, and as many to spare. */
export const workerFiles = workerConnections * 4;

/**
 * `nginx.conf`: the same for every image, since `bin/reload.sh` adds what the image's Nginx can do.
 *
 * @param locale language of error pages for visitors who prefer none of theirs
 */
export function mainConfig(edge: EdgeConfig, app: EdgeApp, locale: EdgeLocale): string {
  return `# Rendered by berth; changes here are overwritten. The sources are infra/rendering and nginx/.
include /etc/nginx/modules-enabled/*.conf;
worker_processes auto;
worker_rlimit_nofile ${workerFiles};
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
  settingsOf(edge, locale),
  applicationKind(app),
  "include upstream.conf;",
  "include snippets/probe.conf;",
  "include snippets/status.conf;",
  servers(edge),
])}
`;
}
