import { join } from "node:path";
import { buildLogFile, endOfBuildLog } from "../../infra/facts/build-log.ts";
import { checkout } from "../checkout.ts";
import { stackAddresses } from "../../infra/facts/addresses.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { dockerIds, runningContainers, type Deployment } from "../pulumi/deployment.ts";
import type { UpdateReport } from "../pulumi/update-events.ts";
import type { Session } from "../session.ts";
import { observedContainers } from "../docker/observed-containers.ts";
import { requireHost } from "../host-checks/check-host.ts";
import type { StackWork } from "./on-stack.ts";
import { keepState } from "../state/kept-state.ts";
import { requireProof } from "../status/require-proof.ts";
import { renderUpFailure } from "./up-failure.ts";
import { renderUpSummary } from "./up-summary.ts";
import { isUnhealthy } from "../docker/container-condition.ts";

/** How a deployment is done. */
export interface DeployOptions {
  readonly stack: string;
  /** Preview first, and ask before anything changes. */
  readonly ask?: boolean;
  /** With `ask`: called once the preview was agreed to, before anything changes. */
  readonly onAgreed?: () => void;
  /** Compare the state with the engine first, whatever it looks like. */
  readonly refresh?: boolean;
  /** Free GiB that Docker's folder must have. */
  readonly minDisk: number;
  /**
   * A stack is being had back: only what holds its data, or the rest. Nothing is proved there yet.
   */
  readonly stage?: "data" | "rest";
}

/**
 * Checks the host and runs `pulumi up`; ends with the summary, or with what is known of the
 * failure.
 * @param pulumiArgs handed on to `pulumi up`
 * @returns the command's exit code
 */
export async function deploy(
  session: Session,
  work: StackWork,
  options: DeployOptions,
  pulumiArgs: readonly string[] = [],
): Promise<number> {
  const running = await requireHost(work.docker, work.info, {
    stack: options.stack,
    config: work.config,
    own: dockerIds(work.deployment),
    minDisk: options.minDisk,
  });
  if (options.stage === undefined) await requireProof(work.docker, work.config, running, session.say);
  const missing = absent(work.deployment, running);
  if (missing.length > 0 && !work.recovered) {
    session.say(
      `Not running, but the state says so: ${missing.join(", ")}. Comparing the state with the engine first.`,
    );
  }
  const refresh = options.refresh === true || work.recovered || missing.length > 0;
  const begun = new Date();
  const args = [...upArgs(options, refresh), ...pulumiArgs];
  let agreed = options.ask !== true;
  const { ok, report } = await work.pulumi.operate(args, session.interruption, session.interactive, () => {
    agreed = true;
    options.onAgreed?.();
  });
  const update = (Date.now() - begun.getTime()) / 1000;
  if (ok && options.stage === "data") return exitCode.done;
  if (ok) {
    await keepState(session.say, work);
    session.print(`\n${summary(session, work, report, update)}`);
    return exitCode.done;
  }
  if (!agreed) {
    session.say("Nothing was changed.");
    return exitCode.failed;
  }
  session.say(`\n${await failure(work, report, begun, update)}`);
  return exitCode.failed;
}

/**
 * Arguments of `pulumi up`. Without `ask` the preview is skipped: it would run the program twice.
 */
export function upArgs(options: Pick<DeployOptions, "stack" | "ask">, refresh: boolean): string[] {
  const { ask = false } = options;
  return [
    "up",
    "--stack",
    options.stack,
    ...(ask ? [] : ["--skip-preview", "--yes"]),
    ...(refresh ? ["--refresh"] : []),
    "--suppress-outputs",
    "--suppress-permalink=true",
  ];
}

/** Containers that the state holds and the engine does not run. */
export function absent(deployment: Deployment, running: readonly Container[]): string[] {
  const ids = new Set(running.filter(({ status }) => status === "running").map(({ id }) => id));
  return runningContainers(deployment)
    .filter(({ id }) => !ids.has(id))
    .map(({ name }) => name);
}

function summary(session: Session, work: StackWork, report: UpdateReport, update: number): string {
  return renderUpSummary({
    stack: work.config.stack,
    hotReload: work.config.app.hotReload,
    sharedProxy: work.config.sharedProxy !== undefined,
    addresses: Object.entries(stackAddresses(work.config)).map(([part, address]) => ({ part, address })),
    steps: session.steps.times,
    report,
    update,
    total: process.uptime(),
  });
}

const logLines = "20";

async function failure(work: StackWork, report: UpdateReport, begun: Date, total: number): Promise<string> {
  const { docker, config } = work;
  const containers = await observedContainers(docker, config.stack);
  const unhealthy = containers.filter((container) => container.created >= begun && isUnhealthy(container));
  return renderUpFailure({
    stack: config.stack,
    failed: report.failed,
    build: report.failed.some((name) => name.endsWith("-image"))
      ? endOfBuildLog(join(checkout.root, buildLogFile(config.stack)))
      : undefined,
    unhealthy: await Promise.all(
      unhealthy.map(async (container) => ({ container, log: await lastLines(docker, container) })),
    ),
    serving: containers.filter(
      (container) =>
        ["app", "nginx"].includes(container.part) &&
        container.status === "running" &&
        !isUnhealthy(container),
    ),
    total,
  });
}

async function lastLines(docker: Docker, container: Container): Promise<string> {
  const { stdout, stderr } = await docker.try(["logs", "--tail", logLines, container.id]);
  return stdout + stderr;
}
