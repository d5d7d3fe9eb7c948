import { readFileSync } from "node:fs";
import type { Finding } from "./finding.ts";

/** What Docker's networks take where nothing else is said, in bytes. */
export const defaultMtu = 1500;

/** The interface that packets leave a host by. */
export interface Uplink {
  readonly name: string;
  /** Bytes. */
  readonly mtu: number;
}

/**
 * Warns if containers may send larger packets than the host can pass on: connections open, and hang
 * with the first large packet if the network drops the message that says so.
 * @param uplink undefined if it cannot be told, as on a remote host
 * @param network the stack's networks, in bytes
 */
export function mtuFindings(uplink: Uplink | undefined, network: number): Finding[] {
  if (uplink === undefined || uplink.mtu >= network) return [];
  return [
    {
      name: "MTU",
      state: "warning",
      text:
        `containers send packets of up to ${network} bytes, and ${uplink.name} takes ${uplink.mtu}: ` +
        "outgoing TLS (mail, S3, certificates) may hang",
      remedy:
        "Let new networks of Docker 24 or newer have the host's size, in /etc/docker/daemon.json:\n" +
        `  {"default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "${uplink.mtu}"}}}\n` +
        "Then restart Docker, and make the stack's networks anew: npx berth down, npx berth up",
    },
  ];
}

/**
 * The interface of this machine's default route; undefined if there is none, or the system has no
 * /proc.
 */
export function uplinkOf(folder = ""): Uplink | undefined {
  try {
    const name = defaultRoute(readFileSync(`${folder}/proc/net/route`, "utf8"));
    if (name === undefined) return undefined;
    return { name, mtu: Number(readFileSync(`${folder}/sys/class/net/${name}/mtu`, "utf8")) };
  } catch {
    return undefined;
  }
}

/** Reads /proc/net/route: the interface of the route to 0.0.0.0. */
export function defaultRoute(table: string): string | undefined {
  const rows = table.split("\n").map((line) => line.split("\t"));
  return rows.find(([, destination]) => destination === "00000000")?.[0];
}
