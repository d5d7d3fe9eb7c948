import { fixOf } from "../../stacks/field.ts";
import type { PublishedPort } from "../../stacks/stack-config.ts";
import type { Container } from "../../system/container.ts";
import type { Finding } from "./finding.ts";
import type { Listener } from "./listening.ts";

/** What is known about the ports of a Docker host. */
export interface PortUse {
  /** Running containers of the engine, with the ports they hold. */
  readonly containers: readonly Container[];
  /** Ids of the containers in the stack's own state: their ports are the stack's own. */
  readonly own: ReadonlySet<string>;
  /** Listening sockets of the Docker host; empty if it is another machine. */
  readonly listeners: readonly Listener[];
  /** Names the process behind a socket, if that can be told. */
  readonly ownerOf: (inode: string) => string | undefined;
}

/**
 * Judges the ports that a stack publishes: one finding for each that something else holds, with the
 * command that moves the stack away.
 * @param stack name of the stack
 * @param published ports that the stack wants; undefined if the settings cannot be read
 */
export function portFindings(
  stack: string,
  published: readonly PublishedPort[] | undefined,
  use: PortUse,
): Finding[] {
  const name = "Ports";
  if (published === undefined) {
    const text = "not looked at: the settings are encrypted or wrong; up looks at them once it can read them";
    return [{ name, state: "ok", text }];
  }
  const taken = published.flatMap((wanted): Finding[] => {
    const holder = holderOf(wanted, stack, use);
    if (holder === undefined) return [];
    const text = `port ${wanted.port} of ${wanted.address} (${wanted.part}) is used by ${holder}`;
    const other = fixOf(stack)(`set ${wanted.setting} PORT`);
    return [{ name, state: "problem", text, remedy: `Free it, or choose another: ${other}` }];
  });
  if (taken.length > 0) return taken;
  const wanted = published.map(({ port }) => port).join(", ");
  const text = wanted === "" ? "none is published" : `${wanted}: free, or the stack's own`;
  return [{ name, state: "ok", text }];
}

function holderOf(wanted: PublishedPort, stack: string, use: PortUse): string | undefined {
  const container = use.containers.find(({ ports }) => ports.some((held) => collides(held, wanted)));
  // Docker's own listening socket stands for the container's port, so the sockets need no look
  // then.
  if (container !== undefined) {
    if (use.own.has(container.id)) return undefined;
    if (container.stack === undefined) return `container ${container.name}`;
    if (container.stack !== stack) return `container ${container.name} of stack ${container.stack}`;
    return `container ${container.name} of another checkout's stack ${stack}`;
  }
  const listener = use.listeners.find((socket) => collides(socket, wanted));
  if (listener === undefined) return undefined;
  return use.ownerOf(listener.inode) ?? "another process, whose name only root can see";
}

function collides(held: { address: string; port: number }, wanted: PublishedPort): boolean {
  if (held.port !== wanted.port) return false;
  return held.address === wanted.address || isAny(held.address) || isAny(wanted.address);
}

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
