import { z } from "zod";
import type { LastState } from "./last-state.ts";

const containerType = "docker:index/container:Container";

const outputs = z.object({
  image: z.string(),
  memory: z.number().optional(),
  command: z.array(z.string()).default([]),
  mounts: z.array(z.object({ source: z.string().nullish() })).default([]),
  labels: z.array(z.object({ label: z.string(), value: z.string() })).default([]),
});

/** A part's container as the last update left it. */
export interface RunningPart {
  /** Reference that it was started from. */
  readonly image: string;
  /** Memory limit, MiB. */
  readonly memory: number | undefined;
  /** Settings among the arguments, `-c name=value`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of its volumes. */
  readonly volumes: readonly string[];
}

/**
 * The container of a component in a state.
 * @param component name of its class, which its type ends with
 * @returns undefined if the state has none
 */
export function runningPart(state: LastState, component: string): RunningPart | undefined {
  const types = `berth:index:${component}$${containerType}`;
  const found = Object.entries(state).find(([urn]) => urn.split("::")[2] === types)?.[1];
  if (found === undefined) return undefined;
  const { image, memory, command, labels, mounts } = outputs.parse(found.outputs);
  return {
    image,
    memory,
    settings: Object.fromEntries(
      command.flatMap((word, index) => {
        const [, name, value] = /^(\w+)=(.*)$/.exec(command[index - 1] === "-c" ? word : "") ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    ),
    volumes: mounts.flatMap(({ source }) => source ?? []),
    labels: Object.fromEntries(labels.map(({ label, value }) => [label, value])),
  };
}

const password = z.object({ keepers: z.object({ rotation: z.string().optional() }) });

/**
 * The setting that Redis's password was made with, for containers from before the label that says
 * it.
 */
export function formerCacheRotation(state: LastState): string | undefined {
  const found = Object.entries(state).find(([urn]) => urn.endsWith("::redis-password"))?.[1];
  return password.safeParse(found?.outputs).data?.keepers.rotation;
}
