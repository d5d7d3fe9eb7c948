import type { Docker } from "../../system/docker.ts";
import { endRun } from "./run-processes.ts";
import { dockerIds, resourceName, type Deployment } from "../pulumi/deployment.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import type { StepOutcome, StepReporter } from "../terminal/steps.ts";
import { labelledObjects, leftovers, removeObjects } from "./leftover-objects.ts";
import { describeHolder, type LockRecord } from "./lock-record.ts";

/** What speaks of a run that did not come to its end. */
export interface Interrupted {
  /** Runs of berth that were killed. */
  readonly runs: readonly LockRecord[];
  /** Locks of Pulumi's own whose process is gone. */
  readonly pulumiLocks: readonly LockRecord[];
  /** Operations without a recorded end. */
  readonly pending: readonly string[];
  /** When the state was written last. */
  readonly written: Date | undefined;
}

/**
 * Objects are made a moment after their operation is written down; Docker's clock may be another
 * machine's.
 */
const slackMs = 2_000;

/**
 * When the interrupted work began: nothing older is touched.
 * @returns undefined if nothing was interrupted
 */
export function interruptedSince(found: Interrupted): Date | undefined {
  const times = [...found.runs, ...found.pulumiLocks].map(({ since }) => Date.parse(since));
  if (found.pending.length > 0 && found.written !== undefined) times.push(found.written.getTime());
  return times.length === 0 ? undefined : new Date(Math.min(...times) - slackMs);
}

/** What recovery works with. */
export interface RecoveryTools {
  readonly stack: string;
  readonly pulumi: Pulumi;
  readonly docker: Docker;
  readonly interrupted: Interrupted;
  readonly deployment: Deployment;
}

/**
 * Ends the processes that killed runs of berth left. Pulumi among them is asked to stop, and writes
 * its state first: without its run it would go on alone, with settings that may be outdated by now.
 */
export async function endKilledRuns(
  runs: readonly LockRecord[],
  reporter: StepReporter,
): Promise<StepOutcome<undefined>> {
  let ended = 0;
  for (const run of runs) {
    reporter.line(`an earlier run was killed: ${describeHolder(run, new Date())}`);
    ended += await endRun(run.run, (line) => {
      reporter.line(line);
    });
  }
  const note = ended === 0 ? "it left no process" : `${ended} processes ended`;
  return { value: undefined, note, worked: true };
}

/**
 * Clears what an interrupted run left: Pulumi's lock, half-made objects, pending operations.
 * Volumes and everything that the state knows stay.
 * @returns the state as it is afterwards
 */
export async function recover(
  tools: RecoveryTools,
  reporter: StepReporter,
): Promise<StepOutcome<Deployment>> {
  const { stack, pulumi, docker, interrupted } = tools;
  const since = interruptedSince(interrupted);
  if (since === undefined) return { value: tools.deployment, note: "nothing to recover", worked: false };
  const done: string[] = [];
  if (interrupted.pulumiLocks.length > 0) {
    reporter.line("Pulumi's lock belongs to a process that is gone: pulumi cancel");
    await pulumi.run(["cancel", stack, "--yes"]);
    done.push("lock taken off");
  }
  // Pulumi may have written its state while it was ended.
  const now = (await pulumi.export(stack)) ?? tools.deployment;
  const objects = leftovers(await labelledObjects(docker, stack), dockerIds(now), since);
  if (objects.length > 0) {
    reporter.line(`removing half-made ${objects.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`);
    await removeObjects(docker, objects);
    done.push(`${objects.length} half-made objects removed`);
  }
  if (now.pending.length > 0) {
    reporter.line(`forgetting interrupted operations: ${now.pending.map(resourceName).join(", ")}`);
    await pulumi.dropPending(stack);
    done.push(`${now.pending.length} interrupted operations forgotten`);
  }
  return {
    value: { ...now, pending: [] },
    note: done.length === 0 ? "nothing was left behind" : done.join(", "),
    worked: true,
  };
}
