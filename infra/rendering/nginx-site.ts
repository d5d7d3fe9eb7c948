import { edgePaths } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { errorStatuses } from "./error-pages.ts";
import {
  assetsPrefix,
  edgePrefix,
  mediaAccelPrefix,
  publicMediaFolder,
  publicMediaPrefix,
} from "./nginx-maps.ts";
import { upstreamName } from "./nginx-upstream.ts";
import { block } from "./render-lines.ts";
import { securityHeaderLines } from "./security-headers.ts";

/**
 * Statuses that only lead to a named location. While Nginx is about to reload, `$closing` is set and the `closing`
 * ones take over: the same answers, with `Connection: close`.
 */
const detours = { stream: 418, application: 460, assets: 461, media: 462 } as const;

const unlessClosing = (detour: number) => `if ($closing) {\n    return ${detour};\n}`;
const closing = "keepalive_timeout 0;";

const pageTypes = "types {\n    text/html html;\n    application/problem+json json;\n}";

/** Error pages, maintenance page and their style. */
function ownPages(): string[] {
  return [
    ...errorStatuses.map(
      (status) =>
        `error_page ${status} ${edgePrefix}${status === 503 ? "unavailable" : "page"}/${status}.$error_format;`,
    ),
    `error_page ${detours.stream} = @stream;`,
    `error_page ${detours.application} = @closing_application;`,
    `error_page ${detours.assets} = @closing_assets;`,
    `error_page ${detours.media} = @closing_media;`,
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
function assets(): string[] {
  const serve = [
    "set $edge_kind asset;",
    `root ${edgePaths.assets}/served;`,
    // A release's files never change; that one has no compressed form is remembered too.
    "open_file_cache_valid 60s;",
    "gzip_static on;",
    "try_files $uri @application;",
  ];
  return [
    block(`location ^~ ${assetsPrefix}`, [unlessClosing(detours.assets), ...serve]),
    block("location @closing_assets", [closing, ...serve]),
  ];
}

/** Uploads: public ones by their address, private ones only after the application said so. */
function media(): string[] {
  const serve = [
    "set $edge_kind media;",
    `root ${edgePaths.media};`,
    // What the volume does not have is in a bucket, or nowhere: the application knows.
    `try_files /${publicMediaFolder}$media_file @application;`,
  ];
  return [
    block(`location ^~ ${publicMediaPrefix}`, [unlessClosing(detours.media), ...serve]),
    block("location @closing_media", [closing, ...serve]),
    // https://nginx.org/en/docs/http/ngx_http_core_module.html#internal
    block(`location ^~ ${mediaAccelPrefix}`, [
      "internal;",
      "set $edge_kind media;",
      `alias ${edgePaths.media}/;`,
    ]),
  ];
}

/** Requests that the application answers; streams are passed on byte by byte and may be silent for long. */
function application(edge: EdgeConfig): string[] {
  const passed = (silence: number) => [
    "set $edge_kind app;",
    `limit_req zone=requests burst=${edge.requestBurst} nodelay;`,
    `proxy_pass http://${upstreamName};`,
    `proxy_read_timeout ${silence}s;`,
    `proxy_send_timeout ${silence}s;`,
  ];
  const answer = passed(edge.answerTimeout);
  return [
    block("location /", [
      `if ($is_stream) {\n    return ${detours.stream};\n}`,
      unlessClosing(detours.application),
      ...answer,
    ]),
    // For static files that the volume does not have (yet).
    block("location @application", answer),
    block("location @closing_application", [closing, ...answer]),
    block("location @stream", [...passed(edge.streamTimeout), "proxy_buffering off;", "gzip off;"]),
  ];
}

/** What is served under the stack's names, whatever the port and the encryption. */
export function siteBody(edge: EdgeConfig): string[] {
  return [
    "set $edge_kind app;",
    // Flags, uploads and pages are looked at once a second rather than with each request.
    // https://nginx.org/en/docs/http/ngx_http_core_module.html#open_file_cache
    "open_file_cache max=2000 inactive=60s;\nopen_file_cache_valid 1s;\nopen_file_cache_errors on;",
    `set $maintenance_flag "";`,
    `if (-f ${edgePaths.state}/maintenance.html) {\n    set $maintenance_flag on;\n}`,
    "if ($maintenance_holds) {\n    return 503;\n}",
    `set $closing "";`,
    `if (-f ${edgePaths.run}/closing) {\n    set $closing 1;\n}`,
    `client_max_body_size ${edge.maxBody}m;`,
    `limit_conn connections ${edge.clientConnections};`,
    // An error in a location that a detour led to gets its page as well. Default: off.
    // https://nginx.org/en/docs/http/ngx_http_core_module.html#recursive_error_pages
    "recursive_error_pages on;",
    "include snippets/refuse.conf;",
    "include snippets/proxy.conf;",
    securityHeaderLines(edge),
    ...ownPages(),
    ...assets(),
    ...media(),
    ...application(edge),
  ];
}
