import { z } from "zod";
import type { Docker } from "../../system/docker.ts";
import { defaultMtu } from "./mtu.ts";

/** What is known of an engine's networks. */
export interface Networks {
  /** Subnets of all of them. */
  readonly subnets: readonly string[];
  /** How many of them are the stack's. */
  readonly own: number;
  /** The stack's largest packet, in bytes; Docker's default before it has a network. */
  readonly mtu: number;
}

const inspected = z.array(
  z.object({
    Id: z.string(),
    Options: z.record(z.string(), z.string()).nullish(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().default("") })).nullish() }),
  }),
);

/** Asks an engine for its networks. */
export async function readNetworks(docker: Docker, stack: string): Promise<Networks> {
  const [ids, ownIds] = await Promise.all([docker.allNetworks(), docker.networksOf(stack)]);
  const all = inspected.parse(JSON.parse(await docker.inspect("network", ids)));
  const own = all.filter(({ Id }) => ownIds.includes(Id));
  const sizes = own.map(({ Options }) => Number(Options?.["com.docker.network.driver.mtu"] ?? defaultMtu));
  return {
    subnets: all.flatMap(({ IPAM }) => (IPAM.Config ?? []).map(({ Subnet }) => Subnet)),
    own: own.length,
    mtu: sizes.length === 0 ? defaultMtu : Math.max(...sizes),
  };
}
