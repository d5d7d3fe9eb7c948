import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { LastState } from "../facts/last-state.ts";
import type { Identity } from "../policy/host.ts";

const resources = z.record(
  z.string(),
  z.object({
    type: z.string(),
    outputs: z.looseObject({
      name: z.string().optional(),
      labels: z.array(z.object({ label: z.string(), value: z.string() })).optional(),
    }),
  }),
);

/** A volume of the state, and the stack that it was made for. */
interface MadeFor extends Identity {
  readonly volume: string;
}

/**
 * Volumes of a state that were made while the stack or its project had another name.
 * @param state what the engine answers about the state's resources
 */
export function volumesOfFormerName(state: unknown, { project, stack }: Identity): MadeFor[] {
  return Object.values(resources.parse(state ?? {})).flatMap(({ type, outputs }) => {
    if (type !== "docker:index/volume:Volume") return [];
    const labelled = (name: string) => outputs.labels?.find(({ label }) => label === name)?.value;
    const made = {
      volume: outputs.name ?? "",
      project: labelled("berth.project") ?? project,
      stack: labelled("berth.stack") ?? stack,
    };
    return made.project === project && made.stack === stack ? [] : [made];
  });
}

/**
 * Refuses a stack that was renamed after it was deployed: its data lies in volumes that are named
 * after it, and it would begin with empty ones.
 * @throws pulumi.RunError with the way back and the way on
 */
export function requireOwnData(identity: Identity, state: LastState): void {
  const [first, ...others] = volumesOfFormerName(state, identity);
  if (first === undefined) return;
  const back =
    first.project === identity.project
      ? `pulumi stack rename ${first.stack} --stack ${identity.stack}`
      : `name: ${first.project} in Pulumi.yaml, and pulumi stack rename organization/${first.project}/${first.stack} --stack ${identity.stack}`;
  const volumes = [first, ...others].map(({ volume }) => volume).sort();
  throw new pulumi.RunError(
    `Stack ${identity.stack} of project ${identity.project} was ${first.stack} of ${first.project} when its data was made, ` +
      `and the data is in volumes of that name: ${volumes.join(", ")}. Nothing was changed.\n` +
      `Fix: ${back}. To have the data under another name, deploy a new stack and restore a dump into it: docs/backups.md`,
  );
}
