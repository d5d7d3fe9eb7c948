import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

const resources = z.record(z.string(), z.object({ type: z.string(), outputs: z.looseObject({}) }));

/** What the last update left, by URN: the same for a preview and for the update after it. */
export type LastState = z.output<typeof resources>;

/** How often a state is read that the engine is just writing. */
const attempts = 20;

/** Reads the state that the last update of a stack has left; empty before the first. */
export async function readLastState(stack: string): Promise<LastState> {
  const { outputs } = await readOutputs(stack);
  return resources.parse(outputs ?? {});
}

async function readOutputs(stack: string, attempt = 1): Promise<{ readonly outputs?: unknown }> {
  try {
    // The engine's own function. Of the stack itself it answers with the last state, also in
    // previews.
    return (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
      stackName: stack,
    })) as { outputs?: unknown };
  } catch (error) {
    // A state in a folder is not written at once. In between, the engine finds the file's end.
    if (attempt === attempts || !String(error).includes("failed to load checkpoint")) throw error;
    await sleep(100);
    return readOutputs(stack, attempt + 1);
  }
}
