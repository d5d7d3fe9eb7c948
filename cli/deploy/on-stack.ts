import type { StackConfig } from "../../stacks/stack-config.ts";
import { checkout } from "../checkout.ts";
import type { Docker } from "../../system/docker.ts";
import type { DockerInfo } from "../docker/docker-info.ts";
import { openStack } from "../state/open-stack.ts";
import { dockerHostOf, prepareDocker } from "../docker/prepare-docker.ts";
import { chooseStateAndSecrets, preparePulumi, type PulumiAccess } from "../state/prepare-pulumi.ts";
import { projectName } from "../settings/project.ts";
import { stackDeclaration } from "../settings/stack-declaration.ts";
import {
  readSecretSettings,
  readStackSettings,
  type StackOptions,
  type StackSettings,
} from "../settings/stack-settings.ts";
import { runVariable } from "../locks/run-processes.ts";
import type { Deployment } from "../pulumi/deployment.ts";
import type { Pulumi } from "../pulumi/pulumi.ts";
import type { Session } from "../session.ts";
import { settleUpgrade } from "../upgrade/unfinished-upgrade.ts";
import { removeEmptyAttributes } from "../locks/empty-attributes.ts";
import { takeLock, waitForLocks, type LockRequest, type StackLock } from "../locks/stack-lock.ts";
import { pulumiLocks, pulumiRuns } from "../locks/pulumi-locks.ts";
import type { LockRecord } from "../locks/lock-record.ts";
import { endKilledRuns, recover, type RecoveryTools } from "../locks/recovery.ts";

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
 * Works on a stack under its lock, in five steps: prepare the tools, take the lock, open
 * the state, recover from an interrupted run, work.
 * @param command the command's name, for those who wait
 * @throws SettingsError, DeclarationError, CommandError
 */
export async function onStack(
  session: Session,
  command: string,
  options: WorkOptions,
  work: (stack: StackWork) => Promise<number>,
): Promise<number> {
  const tools = await prepare(session, options);
  const locks = await lock(session, command, options, tools);
  try {
    const { settings, docker, info } = tools;
    // What Pulumi starts carries the run's id: a killed run's processes are found by it.
    const pulumi = tools.access.pulumi.with({ [runVariable]: locks.own.run });
    const opened = await open(session, options, settings, { ...tools.access, pulumi });
    const { deployment, recovered } = await recoverFrom(
      session,
      { stack: options.stack, docker, pulumi },
      locks,
      opened,
    );
    const config = settings.config ?? (await readSecretSettings(pulumi, options.stack));
    session.interruption.check();
    await settle(session, docker, config);
    return await work({ config, pulumi, docker, info, deployment, recovered });
  } finally {
    locks.own.release();
  }
}

/** An upgrade of Postgres that was killed goes on or back, whichever command comes next. */
async function settle(session: Session, docker: Docker, { database, stack }: StackConfig): Promise<void> {
  const settled = await settleUpgrade(docker, { project: projectName(), stack }, database.postgresVersion);
  if (settled === "nothing was left") return;
  session.say(
    settled === "goes on"
      ? `The upgrade to PostgreSQL ${database.postgresVersion} that was interrupted goes on: its copy is complete.`
      : "An upgrade of Postgres was interrupted. It is taken back; nothing was lost.",
  );
}

/** What a stack is worked on with. */
interface Tools {
  readonly settings: StackSettings;
  readonly docker: Docker;
  readonly info: DockerInfo;
  readonly access: PulumiAccess;
}

/**
 * Step 1: reads the settings and the application's declaration, finds or starts Docker, finds or
 * makes the Pulumi CLI.
 */
async function prepare(session: Session, options: StackOptions): Promise<Tools> {
  const settings = readStackSettings(options.stack);
  stackDeclaration(options.stack);
  // What a person has to mend comes before what takes minutes.
  const chosen = chooseStateAndSecrets(session, options, settings);
  const { docker, info } = await prepareDocker(session, dockerHostOf(settings));
  const access = await preparePulumi(session, chosen);
  session.interruption.check();
  return { settings, docker, info, access };
}

/** The locks that this run holds or waited for. */
interface Locks {
  readonly own: StackLock;
  /** Locks of Pulumi's own whose process is gone. */
  readonly deadPulumi: readonly LockRecord[];
}

/**
 * Step 2: takes the stack's lock, ends what killed runs left running, and waits for a plain
 * `pulumi` that works.
 */
async function lock(
  session: Session,
  command: string,
  { stack, lockWait }: WorkOptions,
  { access }: Tools,
): Promise<Locks> {
  const { interruption, say } = session;
  const request: LockRequest = { folder: checkout.locks, stack, command, wait: lockWait, interruption, say };
  const own = await takeLock(request);
  try {
    if (own.dead.length > 0) {
      await session.steps.run("Killed run", (reporter) => endKilledRuns(own.dead, reporter));
    }
    const { folder } = access.backend;
    if (folder === undefined) return { own, deadPulumi: [] };
    const deadPulumi = await waitForLocks(
      request,
      () => pulumiLocks(folder, projectName(), stack),
      pulumiRuns,
    );
    removeEmptyAttributes(folder, projectName(), stack);
    return { own, deadPulumi };
  } catch (error) {
    own.release();
    throw error;
  }
}

/**
 * Step 3, which commands that only look take without a lock: reads the state, and makes the stack
 * if there is none and it may.
 */
export async function open(
  session: Session,
  { makes = false, stack }: StackOptions,
  settings: Pick<StackSettings, "file">,
  access: PulumiAccess,
): Promise<Deployment> {
  return session.steps.run("State and secrets", (reporter) =>
    openStack({ stack, makes, ...access, settings: settings.file, env: session.env }, reporter),
  );
}

/** Step 4: clears what interrupted runs left, as locks and state tell of them. */
async function recoverFrom(
  session: Session,
  { stack, docker, pulumi }: Pick<RecoveryTools, "stack" | "docker" | "pulumi">,
  { own, deadPulumi }: Locks,
  deployment: Deployment,
): Promise<Pick<StackWork, "deployment" | "recovered">> {
  const { pending, written } = deployment;
  const interrupted = { runs: own.dead, pulumiLocks: deadPulumi, pending, written };
  if (own.dead.length + deadPulumi.length + pending.length === 0) return { deployment, recovered: false };
  const after = await session.steps.run("Recovery", (reporter) =>
    recover({ stack, pulumi, docker, interrupted, deployment }, reporter),
  );
  // Only now: a recovery that is itself cut short has to be done again.
  for (const record of own.dead) own.forget(record);
  return { deployment: after, recovered: true };
}
