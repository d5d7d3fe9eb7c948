import type { EdgeRelease, Upstream } from "./edge-release.ts";
import { canaryMaps, upstreamNames } from "./nginx-canary.ts";
import { block } from "./render-lines.ts";

/** Three failures within five seconds take a replica out for five. */
function server({ address, port }: Upstream, role = ""): string {
  return `server ${address}:${port} max_fails=3 fail_timeout=5s${role};`;
}

/**
 * Idle connections to a replica are closed after 30 s, before the application's 75 s would: the
 * side that sends next must not be the side that closes.
 */
function upstream(name: string, servers: readonly string[]): string {
  return block(`upstream ${name}`, [
    `zone ${name} 256k;`,
    "least_conn;",
    // Nginx refuses an upstream without a server; no program listens here, so requests get the page
    // of status 502.
    ...(servers.length > 0 ? servers : ["server 127.0.0.1:9 down;"]),
    "keepalive 32;",
    "keepalive_requests 10000;",
    "keepalive_timeout 30s;",
  ]);
}

/**
 * The replicas of one release, by name, and which upstream a request is for. `bin/reload.sh` puts
 * addresses in place of the names, because Nginx would refuse to start when one of them has none.
 *
 * The replicas stand in for a canary that is gone.
 */
export function upstreamFile({ canary, id, upstreams }: EdgeRelease): string {
  const parts = [
    `# Release ${id}`,
    upstream(
      upstreamNames.release,
      upstreams.map((one) => server(one)),
    ),
    ...(canary === undefined
      ? []
      : [
          upstream(upstreamNames.canary, [
            server(canary.upstream),
            ...upstreams.map((one) => server(one, " backup")),
          ]),
        ]),
    ...canaryMaps(canary),
  ];
  return `${parts.join("\n")}\n`;
}

/** The names in {@link upstreamFile}, one a line, for `bin/reload.sh`. */
export function replicaNames({ canary, upstreams }: EdgeRelease): string {
  const all = [...upstreams, ...(canary === undefined ? [] : [canary.upstream])];
  return [...new Set(all.map(({ address }) => address))].map((name) => `${name}\n`).join("");
}
