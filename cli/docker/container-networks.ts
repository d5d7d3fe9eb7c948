import { z } from "zod";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";

const networks = z.array(z.object({ Name: z.string(), Internal: z.boolean() }));

/**
 * A network that a container is on, by what the network is: names are Pulumi's to choose.
 * @param connected names of the container's networks, as `docker inspect` lists them
 * @param way `out` for one with a way out, `none` for one without
 * @throws CommandError if the container is on no such network
 */
export async function networkWithWay(
  docker: Docker,
  connected: readonly string[],
  way: "out" | "none",
): Promise<string> {
  const found = networks
    .parse(JSON.parse(await docker.inspect("network", connected)))
    .find(({ Internal }) => Internal === (way === "none"));
  if (found !== undefined) return found.Name;
  throw new CommandError(
    `The container is on no network ${way === "out" ? "with" : "without"} a way out, but on ${connected.join(", ") || "none"}. npx berth up connects it again.`,
    exitCode.failed,
  );
}
