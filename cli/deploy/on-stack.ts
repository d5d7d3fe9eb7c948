import type { StackConfig } from "../../stacks/stack-config.ts";
import { checkout } from "../checkout.ts";
import type { Docker } from "../../system/docker.ts";
import type { DockerInfo } from "../docker/docker-info.ts";
import { openStack } from "../state/open-stack.ts";
import { dockerHostOf, prepareDocker } from "../docker/prepare-docker.ts";
import { chooseKeeping, preparePulumi, type PulumiAccess } from "../state/prepare-pulumi.ts";
import {
  project,
  readSecretSettings,
  readStackSettings,
  type StackOptions,
  type StackSettings,
} from "../settings/stack-settings.ts";
import { runVariable } from "../locks/run-processes.ts";
import type { Deployment } from "../pulumi/deployment.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import { removeEmptyAttributes } from "../locks/empty-attributes.ts";
import { takeLock, waitForLocks, type LockRequest } from "../locks/stack-lock.ts";
import { pulumiLocks, pulumiRuns } from "../locks/pulumi-locks.ts";
import { endKilledRuns, recover } from "../locks/recovery.ts";

/** Options of commands that change a stack. */
export interface WorkOptions extends StackOptions {
  /** Seconds to wait for others that work on the stack. */
  readonly lockWait: number;
}

/** A stack that this run alone works on, everything ready. */
export interface StackWork {
  readonly config: StackConfig;
  readonly pulumi: Pulumi;
  readonly docker: Docker;
  readonly info: DockerInfo;
  readonly deployment: Deployment;
  /** An earlier run was interrupted: the state has to be compared with the engine. */
  readonly recovered: boolean;
}

/**
 * Sets everything up, takes the stack's lock, clears what an interrupted run left, and does the work.
 * @param command the command's name, for those who wait
 * @throws SettingsError, CommandError
 */
export async function onStack(
  session: Session,
  command: string,
  options: WorkOptions,
  work: (stack: StackWork) => Promise<number>,
): Promise<number> {
  const settings = readStackSettings(options.stack);
  // What a person has to mend comes before what takes minutes.
  const keeping = chooseKeeping(session, options, settings);
  const { docker, info } = await prepareDocker(session, dockerHostOf(settings));
  const access = await preparePulumi(session, keeping);
  session.interruption.check();
  const request: LockRequest = {
    folder: checkout.locks,
    stack: options.stack,
    command,
    wait: options.lockWait,
    interruption: session.interruption,
    say: session.say,
  };
  const lock = await takeLock(request);
  try {
    if (lock.dead.length > 0) {
      await session.steps.run("Killed run", (reporter) => endKilledRuns(lock.dead, reporter));
    }
    const readPulumiLocks = () =>
      access.backend.folder === undefined ? [] : pulumiLocks(access.backend.folder, project, options.stack);
    const dead = await waitForLocks(request, readPulumiLocks, pulumiRuns);
    if (access.backend.folder !== undefined) {
      removeEmptyAttributes(access.backend.folder, project, options.stack);
    }
    const pulumi = access.pulumi.with({ [runVariable]: lock.run });
    const opened = await open(session, options, settings, { ...access, pulumi });
    const interrupted = {
      runs: lock.dead,
      pulumiLocks: dead,
      pending: opened.pending,
      written: opened.written,
    };
    const recovered = lock.dead.length + dead.length + opened.pending.length > 0;
    const deployment = recovered
      ? await session.steps.run("Recovery", (reporter) =>
          recover({ stack: options.stack, pulumi, docker, interrupted, deployment: opened }, reporter),
        )
      : opened;
    // Only now: a recovery that is itself cut short has to be done again.
    for (const record of lock.dead) lock.forget(record);
    const config = settings.config ?? (await readSecretSettings(pulumi, options.stack));
    session.interruption.check();
    return await work({ config, pulumi, docker, info, deployment, recovered });
  } finally {
    lock.release();
  }
}

/** Opens the stack's state without taking its lock. */
export async function open(
  session: Session,
  options: StackOptions,
  settings: Pick<StackSettings, "file">,
  access: PulumiAccess,
): Promise<Deployment> {
  return session.steps.run("State and secrets", (reporter) =>
    openStack({ stack: options.stack, ...access, settings: settings.file, env: session.env }, reporter),
  );
}
