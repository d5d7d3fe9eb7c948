import { hostname } from "node:os";
import type { StackShape } from "../../stacks/shape.ts";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { dockerIds, type Deployment } from "../pulumi/deployment.ts";
import { clockFinding } from "./host-findings.ts";
import { answers, askDocker, type DockerInfo } from "../docker/docker-info.ts";
import { freeSpace, spaceProblems } from "./disk-space.ts";
import { foreignProblems } from "./foreign-containers.ts";
import { memoryProblems } from "./memory.ts";
import { listeners, ownerOf } from "./listening.ts";
import { portProblems } from "./ports.ts";

/** What is looked at before anything changes. */
export interface Preflight {
  readonly docker: Docker;
  readonly info: DockerInfo;
  readonly shape: StackShape;
  readonly deployment: Deployment;
  /** Free GiB that Docker's folder must have. */
  readonly minDisk: number;
}

/** Free GiB for two releases of the application's image beside the base images. */
export const defaultMinDisk = 2;

/**
 * Checks ports, disk space, memory and the clock.
 * @returns every container that runs on the engine, for whoever asks next
 * @throws CommandError (exit code 3) with all problems at once
 */
export async function preflight(checks: Preflight): Promise<readonly Container[]> {
  const running = await checks.docker.containers([]);
  const problems = await hostProblems(checks, running);
  if (problems.length === 0) return running;
  throw new CommandError(
    `Stack ${checks.shape.stack} cannot be deployed; nothing was changed.\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    exitCode.environment,
  );
}

/** What of the Docker host stands in a stack's way. */
async function hostProblems(checks: Preflight, running: readonly Container[]): Promise<string[]> {
  const { docker, info, shape, deployment } = checks;
  // An engine that calls itself as this machine is called runs here: its sockets are in this machine's /proc.
  const local = info.Name === hostname();
  const free = await freeSpace(docker, info.DockerRootDir, local, running[0]?.id);
  const own = dockerIds(deployment);
  const foreign = foreignProblems(shape.stack, running, own);
  return [
    ...foreign,
    // Whoever has a stack of the same name has its ports as well: once said is enough.
    ...portProblems(shape.stack, foreign.length === 0 ? shape.published : [], {
      containers: running,
      own,
      listeners: local ? listeners() : [],
      ownerOf,
    }),
    ...spaceProblems(free, checks.minDisk, info.DockerRootDir),
    ...memoryProblems(shape, info.MemTotal),
    ...(local ? [] : await clockProblems(docker)),
  ];
}

/** Certificates and recovery go by the clock, and this machine's is compared with the host's. */
async function clockProblems(docker: Docker): Promise<string[]> {
  const begun = new Date();
  const asked = await askDocker(docker);
  if (!answers(asked)) return [];
  const { state, text, remedy } = clockFinding(begun, asked.SystemTime, begun);
  return state === "ok" ? [] : [`the clock is ${text}. Fix: ${remedy ?? "set the host's clock"}`];
}
