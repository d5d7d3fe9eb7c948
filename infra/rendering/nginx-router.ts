import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { setName, type NginxConfig } from "./edge-config.ts";
import { edgePaths, edgePorts } from "./edge-paths.ts";
import { workerFiles, workerConnections } from "./nginx-main.ts";
import { block } from "./render-lines.ts";

/** Where stacks' claims lie: lines of a `map`, a name and the stack that it leads to. */
const routes = `${edgePaths.config}/routes/*.map`;

/** Loopback only: refuses the handshake for names that nobody has claimed. */
const refusedPort = 8444;

/**
 * Seconds that a connection may stay silent, and that an old worker may keep one: longer than any
 * stack lets it live, so that it is always the stack that ends it.
 */
const passedOnSeconds = 90_000;

/** Docker's own name server: a stack that starts again has another address. */
const resolver = "resolver 127.0.0.11 valid=2s ipv6=off;\nresolver_timeout 3s;";

const logged = (format: string, fields: string) =>
  `log_format ${format} escape=json '{"time":"$time_iso8601","level":"info",${fields}}';`;

/** Finds the stack that a name belongs to; empty for others. */
const claims = (name: string) =>
  block(`map ${name} $stack`, ["hostnames;", 'default "";', `include ${routes};`]);

/** TLS is passed on unopened, with the client's address in front (PROXY protocol). */
function passedOn(): string {
  return block("stream", [
    resolver,
    "map_hash_bucket_size 256;",
    logged(
      "passed",
      '"msg":"connection","client":"$remote_addr","name":"$ssl_preread_server_name","stack":"$stack","upstream":"$upstream_addr","seconds":$session_time,"received":$bytes_received,"sent":$bytes_sent',
    ),
    "access_log /dev/stdout passed buffer=4k flush=1s;",
    claims("$ssl_preread_server_name"),
    block("map $stack $behind", [`default $stack:${edgePorts.https};`, `"" 127.0.0.1:${refusedPort};`]),
    block("server", [
      `listen ${edgePorts.https};`,
      "ssl_preread on;",
      "preread_timeout 10s;",
      "proxy_protocol on;",
      "proxy_pass $behind;",
      "proxy_connect_timeout 5s;",
      `proxy_timeout ${passedOnSeconds}s;`,
      "proxy_socket_keepalive on;",
    ]),
  ]);
}

/** Plain HTTP: ACME's challenges are the stack's own, all else leads to HTTPS. */
function plainHttp(edge: EdgeConfig): string {
  const port = edge.httpsPort === 443 ? "" : `:${edge.httpsPort}`;
  return block("server", [
    `listen ${edgePorts.http} default_server;`,
    "server_name _;",
    "keepalive_timeout 0;",
    'if ($stack = "") {\n    return 444;\n}',
    block("location /", [`return 301 https://$host${port}$request_uri;`]),
    block("location ^~ /.well-known/acme-challenge/", [
      `proxy_pass http://$stack:${edgePorts.http};`,
      "proxy_set_header Host $host;",
      "proxy_connect_timeout 5s;",
      "proxy_read_timeout 10s;",
    ]),
  ]);
}

function httpPart(edge: EdgeConfig): string {
  return block("http", [
    "include snippets/basics.conf;",
    "include snippets/slow-clients.conf;",
    "include snippets/error-log.conf;",
    logged(
      "plain",
      '"msg":"access","client":"$remote_addr","method":"$request_method","host":"$host","stack":"$stack","status":$status,"seconds":$request_time',
    ),
    "access_log /dev/stdout plain buffer=4k flush=1s;",
    resolver,
    claims("$host"),
    "include snippets/status.conf;",
    block("server", [
      `listen 127.0.0.1:${edgePorts.probe};`,
      "access_log off;",
      block("location = /health", ['return 200 "ok\\n";']),
      "include enabled/probe-*.conf;",
    ]),
    plainHttp(edge),
    block("server", [
      `listen 127.0.0.1:${refusedPort} ssl proxy_protocol;`,
      "access_log off;",
      "ssl_reject_handshake on;",
    ]),
  ]);
}

/**
 * Renders the configuration of a proxy that stacks share. It knows their names from their claims
 * alone, reads nothing of what they serve, and has no certificate.
 *
 * @param shippedFolder the checkout's `nginx/` folder, whose scripts are part of the set
 */
export function routerConfig(
  edge: EdgeConfig,
  shippedFolder: string = join(import.meta.dirname, "../../nginx"),
): NginxConfig {
  const shipped = ["snippets", "features", "bin"].flatMap((part) =>
    readdirSync(join(shippedFolder, part))
      .sort()
      .map((name) => [`${part}/${name}`, readFileSync(join(shippedFolder, part, name), "utf8")] as const),
  );
  const files: Record<string, string> = {
    ...Object.fromEntries(shipped),
    // It has no replicas to resolve: see claims.
    "upstream.conf": "",
    upstreams: "",
    "nginx.conf": `# Rendered by berth; changes here are overwritten. The source is infra/rendering/nginx-router.ts.
include /etc/nginx/modules-enabled/*.conf;
worker_processes auto;
worker_rlimit_nofile ${workerFiles};
worker_shutdown_timeout ${passedOnSeconds}s;
pid ${edgePaths.run}/nginx.pid;
error_log stderr warn;

events {
    worker_connections ${workerConnections};
}

${passedOn()}

${httpPart(edge)}
`,
  };
  return { set: setName(files), files };
}
