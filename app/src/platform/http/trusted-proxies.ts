import { readFileSync } from "node:fs";
import type { Request } from "express";
import { gateway } from "../settings/reach.ts";

/**
 * Address of the default gateway in /proc/net/route; undefined if there is none. The kernel writes
 * addresses as little-endian hexadecimal. https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 */
export function defaultGateway(routes: string): string | undefined {
  for (const line of routes.split("\n").slice(1)) {
    const [, destination, hop = ""] = line.split(/\s+/);
    if (destination !== "00000000" || !/^[0-9A-F]{8}$/i.test(hop)) continue;
    return (hop.match(/../g) ?? [])
      .reverse()
      .map((byte) => Number.parseInt(byte, 16))
      .join(".");
  }
  return undefined;
}

function readRoutes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return "";
  }
}

/**
 * Express' setting `trust proxy`: a number of hops, or addresses with the gateway's in place of its
 * word.
 */
export function trustSetting(
  trusted: number | readonly string[],
  routes: () => string = readRoutes,
): number | string[] {
  if (typeof trusted === "number") return trusted;
  return trusted.flatMap((range) => (range === gateway ? (defaultGateway(routes()) ?? []) : [range]));
}

/** Whether the request's connection comes from a proxy that is believed. */
export function comesFromProxy(request: Request): boolean {
  const trusts = request.app.get("trust proxy fn") as (address: string, hop: number) => boolean;
  return trusts(request.socket.remoteAddress ?? "", 0);
}
