import { edgePaths } from "./edge-paths.ts";
import type { EdgeRelease, EdgeShape } from "./edge-shape.ts";
import { errorStatuses } from "./error-pages.ts";
import { assetsPrefix, edgePrefix, mediaAccelPrefix, publicMediaPrefix } from "./nginx-maps.ts";
import { upstreamName } from "./nginx-upstream.ts";
import { block } from "./render-lines.ts";
import { securityHeaderLines } from "./security-headers.ts";

const pageTypes = "types {\n    text/html html;\n    application/problem+json json;\n}";

/** Error pages, maintenance page and their style. */
function ownPages(): string[] {
  return [
    ...errorStatuses.map(
      (status) =>
        `error_page ${status} ${edgePrefix}${status === 503 ? "unavailable" : "page"}/${status}.$error_format;`,
    ),
    "error_page 418 = @stream;",
    // While maintenance is on, 503 has the operator's message.
    block(`location ^~ ${edgePrefix}unavailable/`, [
      "internal;",
      "set $edge_kind page;",
      "charset utf-8;",
      pageTypes,
      `root ${edgePaths.state};`,
      `try_files /maintenance.$error_format ${edgePrefix}page/503.$error_format;`,
    ]),
    block(`location ^~ ${edgePrefix}page/`, [
      "internal;",
      "set $edge_kind page;",
      "charset utf-8;",
      pageTypes,
      `alias ${edgePaths.run}/current/pages/;`,
    ]),
    block(`location = ${edgePrefix}page.css`, [
      "set $edge_kind asset;",
      `alias ${edgePaths.run}/current/pages/page.css;`,
    ]),
    block(`location ^~ ${edgePrefix}`, ["return 404;"]),
  ];
}

/** The application's static files, of this release and of those before it; what is not in the volume, the application has. */
function assets(release: EdgeRelease): string {
  const folders = release.assetReleases.map((id) => `/${id}$uri`);
  return block(`location ^~ ${assetsPrefix}`, [
    ...(folders.length === 0
      ? ["try_files /nothing @application;"]
      : [
          "set $edge_kind asset;",
          `root ${edgePaths.assets};`,
          "gzip_static on;",
          `try_files ${folders.join(" ")} @application;`,
        ]),
  ]);
}

/** Uploads: public ones by their address, private ones only after the application said so. */
function media(): string[] {
  return [
    block(`location ^~ ${publicMediaPrefix}`, ["set $edge_kind media;", `alias ${edgePaths.media}/public/;`]),
    // https://nginx.org/en/docs/http/ngx_http_core_module.html#internal
    block(`location ^~ ${mediaAccelPrefix}`, [
      "internal;",
      "set $edge_kind media;",
      `alias ${edgePaths.media}/;`,
    ]),
  ];
}

/** Requests that the application answers; streams are passed on byte by byte and may be silent for long. */
function application(shape: EdgeShape): string[] {
  const limit = `limit_req zone=requests burst=${shape.limits.requestBurst} nodelay;`;
  const pass = [limit, `proxy_pass http://${upstreamName};`];
  return [
    block("location /", [
      "if ($is_stream) {\n    return 418;\n}",
      ...pass,
      `proxy_read_timeout ${shape.limits.answerTimeout}s;`,
      `proxy_send_timeout ${shape.limits.answerTimeout}s;`,
    ]),
    // For static files that the volume does not have (yet).
    block("location @application", [
      "set $edge_kind app;",
      ...pass,
      `proxy_read_timeout ${shape.limits.answerTimeout}s;`,
      `proxy_send_timeout ${shape.limits.answerTimeout}s;`,
    ]),
    block("location @stream", [
      ...pass,
      "proxy_buffering off;",
      "gzip off;",
      `proxy_read_timeout ${shape.limits.streamTimeout}s;`,
      `proxy_send_timeout ${shape.limits.streamTimeout}s;`,
    ]),
  ];
}

/** What is served under the stack's names, whatever the port and the encryption. */
export function siteBody(shape: EdgeShape, release: EdgeRelease): string[] {
  const { limits } = shape;
  return [
    "set $edge_kind app;",
    `set $maintenance_flag "";`,
    `if (-f ${edgePaths.state}/maintenance.html) {\n    set $maintenance_flag on;\n}`,
    "if ($maintenance_holds) {\n    return 503;\n}",
    `client_max_body_size ${limits.bodySize}m;`,
    `limit_conn connections ${limits.connections};`,
    "include snippets/refuse.conf;",
    "include snippets/proxy.conf;",
    securityHeaderLines(shape),
    ...ownPages(),
    assets(release),
    ...media(),
    ...application(shape),
  ];
}
