import { z } from "zod";
import { resourceName, type Deployment } from "../pulumi/deployment.ts";
import type { Drift } from "./drift.ts";

const containerType = "docker:index/container:Container";

const attached = z.array(z.object({ name: z.string() })).optional();

/** What `docker container inspect` prints, as far as it is about networks. */
export const inspectedContainers = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({
      Status: z.string(),
      ExitCode: z.number(),
      FinishedAt: z.string(),
      OOMKilled: z.boolean(),
    }),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
  }),
);

/** What `docker network inspect` prints of those that are attached. */
export const inspectedNetworks = z.array(
  z.object({ Name: z.string(), Containers: z.record(z.string(), z.object({ Name: z.string() })).nullish() }),
);

/** Networks that a container of the state is to be on and is not; the provider does not look. */
export function detachedContainers(
  { resources }: Deployment,
  containers: z.output<typeof inspectedContainers>,
): Drift[] {
  return resources.flatMap(({ delete: replaced, id, inputs, type, urn }) => {
    const found = containers.find((one) => one.Id === id);
    if (type !== containerType || replaced === true || found?.State.Status !== "running") return [];
    const wanted = attached.parse(inputs?.["networksAdvanced"]) ?? [];
    return wanted
      .filter(({ name }) => !(name in found.NetworkSettings.Networks))
      .map(({ name }) => ({
        what: `container ${resourceName(urn)}`,
        how: `is not on the network ${name}`,
        fix: `docker network connect ${name} ${found.Name.slice(1)}`,
      }));
  });
}

/** Containers on the stack's networks that its state knows nothing of. */
export function strangers(known: ReadonlySet<string>, networks: z.output<typeof inspectedNetworks>): Drift[] {
  return networks.flatMap(({ Containers, Name }) =>
    Object.entries(Containers ?? {})
      .filter(([id]) => !known.has(id))
      .map(([, container]) => ({
        what: `container ${container.Name}`,
        how: `is on the network ${Name}, and no update has made it`,
        fix: `docker rm --force ${container.Name}`,
      })),
  );
}

/** Since when containers are stopped, and how they ended, as words, by id. */
export function endsOf(containers: z.output<typeof inspectedContainers>): Map<string, string> {
  return new Map(
    containers
      .filter(({ State }) => State.Status !== "running")
      .map(({ Id, State }) => [
        Id,
        ` since ${State.FinishedAt.slice(0, 19).replace("T", " ")} UTC (${State.OOMKilled ? "killed for its memory" : `exit code ${State.ExitCode}`})`,
      ]),
  );
}
