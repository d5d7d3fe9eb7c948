import { createHash } from "node:crypto";
import type { EdgeCanary, EdgeRelease } from "./edge-release.ts";
import { block } from "./render-lines.ts";

/** Names of the upstreams, between which `$application` decides. */
export const upstreamNames = { release: "application", canary: "application_canary" } as const;

/**
 * Where requests go, for `snippets/application.conf`, and the canary's own probe. Only with a
 * canary is that a variable: the name of one of two upstreams, so that no resolver is asked.
 */
export function canaryFiles({ app, canary }: EdgeRelease): Record<string, string> {
  if (canary === undefined) return { "upstream-pass.conf": `proxy_pass http://${upstreamNames.release};\n` };
  const probe = block("location = /canary", [`proxy_pass http://${upstreamNames.canary}${app.health};`]);
  return { "upstream-pass.conf": "proxy_pass http://$application;\n", "canary/probe.conf": `${probe}\n` };
}

/** Days that a browser keeps what it drew; a canary is over before. */
const keptDays = 7;

/** Visitors are drawn into as many equal parts, which makes a share of whole per cents. */
const parts = 100;

/**
 * `$application`, the upstream that a request is for, and `$canary_cookie`, which keeps it.
 *
 * A visitor draws one of a hundred parts, and the first of them, as many as the share has per
 * cents, are the canary's. The cookie holds the part, which names nobody, and the canary it was
 * drawn for: a browser meets one release, a share that grows takes nobody back, and the next canary
 * has other visitors. A client without cookies draws anew each time. Only answers of the
 * application set the cookie, because files may be kept by caches.
 */
export function canaryMaps(canary: EdgeCanary | undefined): string[] {
  const { release, canary: tried } = upstreamNames;
  if (canary === undefined) {
    return [
      block("map $server_port $application", [`default ${release};`]),
      block("map $server_port $canary_cookie", ['default "";']),
    ];
  }
  const key = createHash("sha256").update(canary.id).digest("hex").slice(0, 8);
  const header = canary.header?.toLowerCase().replaceAll("-", "_");
  return [
    block("split_clients $request_id $canary_drawn", [
      ...Array.from({ length: parts - 1 }, (_, part) => `1% ${part};`),
      `* ${parts - 1};`,
    ]),
    block("map $cookie_berth_canary $canary_part", [
      "default $canary_drawn;",
      `"~^${key}-(?<canary_kept>[1-9]?[0-9])$" $canary_kept;`,
    ]),
    block("map $canary_part $canary_by_part", [
      `default ${release};`,
      ...Array.from({ length: canary.share }, (_, part) => `${part} ${tried};`),
    ]),
    block(header === undefined ? "map $server_port $application" : `map $http_${header} $application`, [
      "default $canary_by_part;",
      ...(header === undefined ? [] : [`canary ${tried};`, `stable ${release};`]),
    ]),
    block("map $forwarded_proto $canary_secure", ['default "";', 'https "; Secure";']),
    block('map "$upstream_addr $cookie_berth_canary" $canary_cookie', [
      `default "berth_canary=${key}-$canary_part; Path=/; Max-Age=${keptDays * 86_400}; HttpOnly; SameSite=Lax$canary_secure";`,
      '"~^ " "";',
      `"~ ${key}-[1-9]?[0-9]$" "";`,
    ]),
  ];
}
