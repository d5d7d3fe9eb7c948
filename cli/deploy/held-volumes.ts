import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { deletedVolumes, dockerIds, type Deployment } from "../pulumi/deployment.ts";
import { stackFlag } from "../settings/stack-flag.ts";

/**
 * Makes sure that nothing but the stack's own containers holds volumes that are going to be
 * deleted: Docker refuses to, and Pulumi's provider would try for half a minute and name an id.
 * @param deleted names of volumes that go beside those that the state deletes
 * @throws CommandError naming every such container, before anything is changed
 */
export async function refuseHeldVolumes(
  docker: Docker,
  stack: string,
  deployment: Deployment,
  deleted: readonly string[],
): Promise<void> {
  const volumes = new Set([...deletedVolumes(deployment), ...deleted]);
  const own = dockerIds(deployment);
  const holdersOf = async (names: readonly string[]) => {
    const filters = names.flatMap((volume) => ["--filter", `volume=${volume}`]);
    const holders = names.length === 0 ? [] : await docker.containers(["--all", ...filters]);
    return holders.filter(({ id }) => !own.has(id));
  };
  // One question as a rule; and one at a time after it, because an ssh server lets few in at once.
  if ((await holdersOf([...volumes])).length === 0) return;
  const held = [];
  for (const volume of volumes) held.push({ volume, holders: await holdersOf([volume]) });
  const message = heldVolumesMessage(stack, held);
  if (message !== undefined) throw new CommandError(message, exitCode.environment);
}

/** What stands in the way; undefined if nothing does. */
export function heldVolumesMessage(
  stack: string,
  held: readonly {
    readonly volume: string;
    readonly holders: readonly Pick<Container, "name" | "image">[];
  }[],
): string | undefined {
  const lines = held.flatMap(({ volume, holders }) =>
    holders.map(({ name, image }) => `  - volume ${volume} is held by container ${name} (${image})`),
  );
  if (lines.length === 0) return undefined;
  const names = [...new Set(held.flatMap(({ holders }) => holders.map(({ name }) => name)))].join(" ");
  return [
    `Stack ${stack} cannot be taken down while other containers hold its volumes; nothing was changed.`,
    ...lines,
    `Remove them, which deletes no volume, and try again: docker rm --force ${names} && npx berth down${stackFlag(stack)}`,
  ].join("\n");
}
