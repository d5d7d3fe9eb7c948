import { z } from "zod";
import type { Docker } from "../../system/docker.ts";

/** A container or network on the engine. */
export interface DockerObject {
  readonly kind: "container" | "network";
  readonly id: string;
  readonly name: string;
  readonly created: Date;
}

/**
 * Objects that an interrupted run made and the state knows nothing of. Older objects belong to
 * other runs: another checkout may have a stack of the same name on the same engine. Volumes are
 * never among them.
 * @param objects the engine's objects with the stack's label
 * @param known ids in the stack's state
 * @param since when the earliest interrupted run began
 */
export function leftovers(
  objects: readonly DockerObject[],
  known: ReadonlySet<string>,
  since: Date,
): DockerObject[] {
  return (
    objects
      .filter(({ id, created }) => !known.has(id) && created >= since)
      // A network can be removed only once nothing is connected to it.
      .sort((a, b) => a.kind.localeCompare(b.kind))
  );
}

const networks = z.array(z.object({ Id: z.string(), Name: z.string(), Created: z.coerce.date() }));

/** Containers and networks of the engine that carry the stack's label. */
export async function labelledObjects(docker: Docker, stack: string): Promise<DockerObject[]> {
  const [containers, networkIds] = await Promise.all([docker.containersOf(stack), docker.networksOf(stack)]);
  const inspected =
    networkIds.length === 0 ? "[]" : (await docker.try(["network", "inspect", ...networkIds])).stdout;
  return [
    ...containers.map(({ id, name, created }) => ({ kind: "container" as const, id, name, created })),
    ...networks.parse(JSON.parse(inspected)).map((network) => ({
      kind: "network" as const,
      id: network.Id,
      name: network.Name,
      created: network.Created,
    })),
  ];
}

/** Removes them; one that is gone already is no failure. */
export async function removeObjects(docker: Docker, objects: readonly DockerObject[]): Promise<void> {
  for (const { kind, id } of objects) {
    await docker.try(kind === "container" ? ["rm", "--force", "--volumes=false", id] : ["network", "rm", id]);
  }
}
