import type { EdgeApp } from "./edge-app.ts";

/** One application container as Nginx reaches it. */
export interface Upstream {
  /** Container name or address on the edge network. */
  readonly address: string;
  readonly port: number;
}

/** A replica of another release, which a share of the visitors meets. */
export interface EdgeCanary {
  /** Name of its release; a visitor's choice is kept for as long as it stays the same. */
  readonly id: string;
  readonly upstream: Upstream;
  /** Share of visitors, per cent. */
  readonly share: number;
  /** Request header with which a client chooses; none if undefined. */
  readonly header: string | undefined;
}

/** What a release changes at the edge. */
export interface EdgeRelease {
  /** Name of the release, for people. */
  readonly id: string;
  readonly app: EdgeApp;
  readonly upstreams: readonly Upstream[];
  readonly canary?: EdgeCanary | undefined;
}
