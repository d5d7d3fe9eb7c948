import { portAddress } from "../../infra/facts/addresses.ts";
import type { Container } from "../../system/container.ts";

/** A part of a stack and where it is reached. */
export interface PartAddress {
  readonly part: string;
  readonly address: string;
}

/**
 * Where a container of a stack answers. A proxy answers to its names only, at ports that may be
 * others further out: the application is told how it is reached, and its containers know.
 *
 * @param containers all of the stack's
 * @param engine address of the Docker engine, if it is not this machine's own
 */
export function addressesOf(
  container: Container,
  containers: readonly Container[],
  engine?: string,
): readonly string[] {
  const { part, ports } = container;
  // The proxy is listed at Nginx, which serves it; another container holds its ports.
  if (part === "listener" || (ports.length === 0 && part !== "nginx")) return [];
  const held = ports.map((port) => portAddress({ part, ...port }, engine));
  const told = containers
    .toSorted((one, other) => Number(other.status === "running") - Number(one.status === "running"))
    .find(({ publicUrls }) => publicUrls.length > 0);
  const reached = (told?.publicUrls ?? []).filter((address) => !address.includes("*"));
  if (part === "nginx") return reached;
  return part === "app" ? [...new Set([...reached, ...held])] : held;
}
