import type { EdgeRelease } from "./edge-release.ts";
import { block } from "./render-lines.ts";

/** Name of the upstream that every location passes requests to. */
const upstreamName = "application";

/**
 * The replicas of one release, by name. `bin/load.sh` puts addresses in place of the names, because
 * Nginx would refuse to start when one of them has none.
 *
 * Three failures within five seconds take a replica out for five. Idle connections to it are closed
 * after 30 s, before the application's 75 s would: the side that sends next must not be the side
 * that closes.
 */
export function upstreamBlock(release: EdgeRelease): string {
  const servers = release.upstreams.map(
    ({ address, port, weight }) => `server ${address}:${port} weight=${weight} max_fails=3 fail_timeout=5s;`,
  );
  const weights = new Set(release.upstreams.map(({ weight }) => weight));
  return `# Release ${release.id}\n${block(`upstream ${upstreamName}`, [
    "zone application 256k;",
    // Replicas of different weight take turns by it: a long event stream on a canary would cost it
    // its share otherwise.
    ...(weights.size > 1 ? [] : ["least_conn;"]),
    // Nginx refuses an upstream without a server; no program listens here, so requests get the page
    // of status 502.
    ...(servers.length > 0 ? servers : ["server 127.0.0.1:9 down;"]),
    "keepalive 32;",
    "keepalive_requests 10000;",
    "keepalive_timeout 30s;",
  ])}\n`;
}

/** The names in {@link upstreamBlock}, one a line, for `bin/load.sh`. */
export function upstreamNames(release: EdgeRelease): string {
  return [...new Set(release.upstreams.map(({ address }) => address))].map((name) => `${name}\n`).join("");
}
