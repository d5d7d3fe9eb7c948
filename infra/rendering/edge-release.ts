import type { EdgeApp } from "./edge-app.ts";

/** One application container as Nginx reaches it. */
export interface Upstream {
  /** Container name or address on the edge network. */
  readonly address: string;
  readonly port: number;
  /** Share of requests relative to the others; a canary has less. */
  readonly weight: number;
}

/** What a release changes at the edge. */
export interface EdgeRelease {
  /** Name of the release, for people. */
  readonly id: string;
  readonly app: EdgeApp;
  readonly upstreams: readonly Upstream[];
}
