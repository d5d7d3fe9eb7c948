import type { PublishedPort } from "../../stacks/shape.ts";

/** A part of a stack and where it is reached. */
export interface PartAddress {
  readonly part: string;
  readonly address: string;
}

/**
 * What people type to reach a published port.
 * @param engine address of the Docker engine, where it is not this machine's own
 */
export function addressOf(
  { part, address, port }: Omit<PublishedPort, "setting">,
  engine?: string,
): PartAddress {
  const host = reachedAt(address, engine);
  if (part === "postgres") return { part, address: `postgres://${host}:${port}` };
  const scheme = port === 443 ? "https" : "http";
  const usual = port === 443 || port === 80;
  return { part, address: `${scheme}://${host}${usual ? "" : `:${port}`}` };
}

/** A port on all addresses is reached at the engine's own name. */
function reachedAt(address: string, engine: string | undefined): string {
  if (address !== "0.0.0.0" && address !== "::") return address.includes(":") ? `[${address}]` : address;
  const host = /^(?:ssh|tcp):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(engine ?? "")?.[1];
  return host ?? "127.0.0.1";
}
