import { cloudflareRanges } from "./cloudflare-ranges.ts";
import { edgePaths } from "./edge-paths.ts";
import type { EdgeConfig } from "../../stacks/edge.ts";
import { block } from "./render-lines.ts";

/** Prefix of the URIs that are only the edge's own; the application never sees them. */
export const edgePrefix = "/_edge/";

/**
 * What the application puts before a file's path in `X-Accel-Redirect`: its setting MEDIA_ACCEL. The path is the one
 * below the media volume.
 */
export const mediaAccelPrefix = `${edgePrefix}media/`;

/** Prefix of the application's own static files. */
export const assetsPrefix = "/assets/";

/** Prefix of public uploads: the folder `public` of the media volume. */
export const publicMediaPrefix = "/media/";
export const publicMediaFolder = "public";

function ranges(addresses: readonly string[]): string[] {
  return addresses.map((range) => `${range} 1;`);
}

/** Who passes during maintenance, and when the rest are held back. The edge's own pages must always pass. */
function maintenanceMaps(edge: EdgeConfig): string[] {
  return [
    block("geo $maintenance_allowed", ["default 0;", ...ranges(edge.maintenanceAllowed)]),
    // Asked again after the redirect to the page, which must pass; a map's answer is remembered otherwise. In two steps,
    // because it is asked with every request and nearly always off.
    block("map $maintenance_flag $maintenance_holds", [
      "volatile;",
      `default "";`,
      "on $maintenance_holds_client;",
    ]),
    block('map "$maintenance_allowed:$uri" $maintenance_holds_client', [
      "volatile;",
      `default "";`,
      `"~^0:/(?!_edge/)" 1;`,
    ]),
    // `berth maintenance on --retry-after` leaves the file; the pattern lets it be missing.
    block("map $server_port $maintenance_retry_after", [
      `default ${edge.maintenanceRetryAfter};`,
      `include ${edgePaths.config}/retry-after[.]conf;`,
    ]),
    // Only the pages that Nginx makes: the application says itself when to come back.
    block('map "$edge_kind:$status" $edge_retry_after', [
      `default "";`,
      `page:429 1;`,
      `page:502 5;`,
      "page:503 $maintenance_retry_after;",
      `page:504 5;`,
    ]),
  ];
}

/**
 * A hash in the name means that the content never changes: a year, and no questions. Everything else is asked for again,
 * which costs an answer of 304. https://www.rfc-editor.org/rfc/rfc8246
 */
function cachingMaps(): string[] {
  return [
    block("map $edge_kind $edge_cache_control", [
      `default "";`,
      "asset $asset_cache_control;",
      "media $media_cache_control;",
      "page no-store;",
    ]),
    block('map "$status:$uri" $asset_cache_control', [
      `default "";`,
      `"~^(?:200|206|304):.*[.-][0-9a-f]{8,64}\\.[0-9a-z.]+$" "public, max-age=31536000, immutable";`,
      `"~^(?:200|206|304):" "public, no-cache";`,
    ]),
    block('map "$status:$uri" $media_cache_control', [
      `default "";`,
      `"~^(?:200|206|304):/${publicMediaFolder}/" "public, no-cache";`,
    ]),
    // Below the volume's folder of public files; a name that no upload has is looked for as "/-".
    block("map $uri $media_file", [
      'default "/-";',
      `"~^${publicMediaPrefix}(?<media_name>\\w[\\w.-]*)$" /$media_name;`,
    ]),
  ];
}

/**
 * Clients are counted by address, and by their /64 where it is IPv6: one household or server has that many addresses.
 * Only addresses written out far enough to show the /64 are shortened, the others count as themselves.
 */
function limitMaps(edge: EdgeConfig): string[] {
  return [
    block("map $remote_addr $client_network", [
      "default $binary_remote_addr;",
      '"~^(?<network64>(?:[0-9a-f]+:){4})" $network64;',
    ]),
    // A zone of 10 MiB holds about 80,000 addresses. https://nginx.org/en/docs/http/ngx_http_limit_req_module.html
    `limit_req_zone $client_network zone=requests:10m rate=${edge.requestRate}r/s;`,
    "limit_conn_zone $client_network zone=connections:10m;",
    "limit_req_status 429;",
    "limit_conn_status 429;",
    "limit_req_log_level info;",
    "limit_conn_log_level info;",
  ];
}

/** Where the client's address and scheme come from: the connection, or a proxy in front that is believed by its address. */
function realAddress(edge: EdgeConfig): string[] {
  const cloudflare = edge.tls === "cloudflare";
  const proxies = cloudflare ? cloudflareRanges : edge.trustedProxies;
  const outer = proxies.length > 0 && !cloudflare;
  return [
    ...proxies.map((range) => `set_real_ip_from ${range};`),
    cloudflare ? "real_ip_header CF-Connecting-IP;" : "",
    outer ? "real_ip_header X-Forwarded-For;\nreal_ip_recursive on;" : "",
    outer ? block("geo $realip_remote_addr $behind_proxy", ["default 0;", ...ranges(proxies)]) : "",
    outer
      ? block('map "$behind_proxy:$http_x_forwarded_proto" $forwarded_proto', [
          "default $scheme;",
          "1:https https;",
          "1:http http;",
        ])
      : block("map $scheme $forwarded_proto", ["default $scheme;"]),
    block("map $forwarded_proto $forwarded_port", [
      `default ${edge.httpPort};`,
      `https ${outer ? 443 : edge.httpsPort};`,
    ]),
  ];
}

/** Every variable that servers and locations use, at the `http` level. */
export function httpMaps(edge: EdgeConfig): string {
  return [
    ...realAddress(edge),
    ...limitMaps(edge),
    ...maintenanceMaps(edge),
    ...cachingMaps(),
    // The application repeats the id it was given; where it was not asked, the edge answers it.
    block("map $edge_kind $edge_request_id", ["default $request_id;", "app $edge_request_id_of_app;"]),
    block("map $upstream_http_x_request_id $edge_request_id_of_app", [`default "";`, `"" $request_id;`]),
  ]
    .filter((part) => part !== "")
    .join("\n");
}
