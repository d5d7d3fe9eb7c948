import type { PublishedPort } from "../../stacks/stack-config.ts";

/** The `ports` of a container that listens on `internal`; empty for one that is not published. */
export function publishedPorts(internal: number, port: PublishedPort | undefined) {
  return port === undefined ? [] : [{ internal, external: port.port, ip: port.address }];
}
