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
  /** Release id, as the application answers it in `X-Release`. */
  readonly id: string;
  readonly upstreams: readonly Upstream[];
}
