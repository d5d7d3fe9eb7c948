import { readFileSync } from "node:fs";
import type { Finding } from "./finding.ts";

/** Addresses of IPv4 that Docker makes networks of. */
export interface AddressPool {
  /** Such as `172.20.0.0/14`. */
  readonly Base: string;
  /** Bits of each network's prefix. */
  readonly Size: number;
}

/** A stack's networks: one inside, one that reaches out. */
const networksOfStack = 2;

/** What Docker takes if daemon.json names no pools (moby, daemon/libnetwork/ipamutils). */
const defaultPools: readonly AddressPool[] = [
  { Base: "172.17.0.0/16", Size: 16 },
  { Base: "172.18.0.0/16", Size: 16 },
  { Base: "172.19.0.0/16", Size: 16 },
  { Base: "172.20.0.0/14", Size: 16 },
  { Base: "172.24.0.0/14", Size: 16 },
  { Base: "172.28.0.0/14", Size: 16 },
  { Base: "192.168.0.0/16", Size: 20 },
];

/** Addresses in a row, as numbers. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** @param subnet such as `10.0.0.0/24`; undefined for one of IPv6 */
function rangeOf(subnet: string): Range | undefined {
  const [, address = "", bits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(subnet) ?? [];
  if (bits === undefined) return undefined;
  const size = 2 ** (32 - Number(bits));
  const number = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

/**
 * How many networks Docker can still make: it takes no addresses that are in use or routed.
 * @param enough where to stop counting
 */
function freeNetworks(pools: readonly AddressPool[], taken: readonly string[], enough: number): number {
  const used = taken.flatMap((subnet) => rangeOf(subnet) ?? []);
  let free = 0;
  for (const { Base, Size } of pools) {
    const pool = rangeOf(Base);
    if (pool === undefined) continue;
    const step = 2 ** (32 - Size);
    for (let first = pool.first; first <= pool.last && free < enough; first += step) {
      const last = first + step - 1;
      if (!used.some((other) => other.first <= last && other.last >= first)) free += 1;
    }
  }
  return free;
}

/**
 * Refuses a host on which Docker cannot make the stack's networks, because its pools of addresses
 * are used up or overlap with routes, such as a VPN's.
 * @param pools of daemon.json; Docker's own if undefined
 * @param taken subnets of all of the engine's networks, and of the host's routes if it is this one
 * @param there how many of the stack's networks there are
 */
export function addressPoolFindings(
  pools: readonly AddressPool[] | null | undefined,
  taken: readonly string[],
  there: number,
): Finding[] {
  const needed = networksOfStack - there;
  const free = freeNetworks(pools ?? defaultPools, taken, needed);
  if (needed <= free) return [];
  return [
    {
      name: "Networks",
      state: "problem",
      text: `the stack needs ${needed} more networks, and Docker has addresses for ${free}: the others are used, or routed elsewhere (a VPN)`,
      remedy:
        "Remove networks that no container uses: docker network prune\n" +
        "Or give Docker addresses that nothing else uses, in /etc/docker/daemon.json, and restart it:\n" +
        '  {"default-address-pools": [{"base": "10.201.0.0/16", "size": 24}]}',
    },
  ];
}

/** Subnets that this machine has routes to, but for the default route; none without /proc. */
export function routedSubnets(folder = ""): string[] {
  try {
    return parseRoutes(readFileSync(`${folder}/proc/net/route`, "utf8"));
  } catch {
    return [];
  }
}

/** Reads /proc/net/route: destination and mask are hexadecimal, the first octet last. */
function parseRoutes(table: string): string[] {
  return table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter(([, , , , , , , mask]) => mask !== undefined && mask !== "00000000")
    .map(([, destination = "", , , , , , mask = ""]) => {
      const bits = octets(mask).reduce((sum, octet) => sum + octet.toString(2).replaceAll("0", "").length, 0);
      return `${octets(destination).join(".")}/${bits}`;
    });
}

const octets = (word: string) => (word.match(/../g) ?? []).map((pair) => parseInt(pair, 16)).reverse();
