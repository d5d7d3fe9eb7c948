import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { capture } from "../../system/run.ts";
import type { StepOutcome, StepReporter } from "../terminal/steps.ts";
import { apt, distribution } from "../apt.ts";
import { answers, askDocker, type DockerFailure, type DockerInfo } from "./docker-info.ts";
import { dockerRemedy, type DockerCircumstances } from "./docker-remedy.ts";

/** Where the engine writes when it is started without a service manager. */
const dockerdLog = "/var/log/dockerd.log";
const startTimeoutS = 60;
/** What an init script gets before the engine is started by hand. */
const serviceTimeoutS = 15;

/**
 * Finds a Docker engine that answers; as root on Debian and Ubuntu installs and starts one.
 * @param host address that the stack's settings choose; the environment's own if undefined
 * @throws CommandError (exit code 3) with the commands to run if berth must not or could not do it
 */
export async function ensureDocker(
  docker: Docker,
  host: string | undefined,
  reporter: StepReporter,
  signal: AbortSignal,
): Promise<StepOutcome<DockerInfo>> {
  const asked = await askDocker(docker);
  if (answers(asked)) return { value: asked, note: describe(asked), worked: false };
  const remedy = dockerRemedy(circumstancesOf(docker, host, asked));
  if (remedy.kind === "explain") throw new CommandError(remedy.message, exitCode.environment);
  if (remedy.kind === "install") await install(reporter, signal);
  const info = await start(docker, reporter, signal);
  const verb = remedy.kind === "install" ? "installed and started" : "started";
  return { value: info, note: `${describe(info)}, ${verb}`, worked: true };
}

/** What this machine is, as far as the remedy for a silent engine depends on it. */
export function circumstancesOf(
  docker: Docker,
  host: string | undefined,
  failure: DockerFailure,
): DockerCircumstances {
  return {
    failure,
    host: host ?? docker.env["DOCKER_HOST"] ?? docker.env["DOCKER_CONTEXT"],
    root: process.getuid?.() === 0,
    distribution: distribution(),
    installed: ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"].some((file) =>
      existsSync(file),
    ),
    systemd: hasSystemd(),
  };
}

function describe(info: DockerInfo): string {
  return `engine ${info.ServerVersion} on ${info.Name}`;
}

/** Debian's own engine: the one package source that every Debian and Ubuntu machine has already. */
async function install(reporter: StepReporter, signal: AbortSignal): Promise<void> {
  reporter.line("no engine here: installing the distribution's docker.io with apt-get");
  await apt(["update"], "Docker", reporter, signal);
  // From Debian 13 on, the command is a package of its own.
  const separate = (await capture({ command: "apt-cache", args: ["show", "docker-cli"] })).code === 0;
  const packages = ["docker.io", ...(separate ? ["docker-cli"] : [])];
  await apt(["install", "--yes", "--no-install-recommends", ...packages], "Docker", reporter, signal);
}

async function start(docker: Docker, reporter: StepReporter, signal: AbortSignal): Promise<DockerInfo> {
  if (hasSystemd()) {
    reporter.line("starting the engine: systemctl enable --now docker");
    await capture({ command: "systemctl", args: ["enable", "--now", "docker"] });
    return waitFor(docker, startTimeoutS, signal, "journalctl -u docker");
  }
  if (existsSync("/etc/init.d/docker")) {
    reporter.line("starting the engine: service docker start");
    await capture({ command: "service", args: ["docker", "start"] });
    const info = await waitUntil(docker, serviceTimeoutS, signal);
    if (info !== undefined) return info;
  }
  reporter.line(`starting the engine: dockerd, which writes to ${dockerdLog}`);
  const log = openSync(dockerdLog, "a");
  // A session of its own: it outlives this command and gets none of its signals.
  spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
  return waitFor(docker, startTimeoutS, signal, `tail ${dockerdLog}`);
}

async function waitFor(
  docker: Docker,
  seconds: number,
  signal: AbortSignal,
  look: string,
): Promise<DockerInfo> {
  const info = await waitUntil(docker, seconds, signal);
  if (info !== undefined) return info;
  throw new CommandError(
    `The Docker engine was started and does not answer after ${seconds} s. See why: ${look}`,
    exitCode.environment,
  );
}

async function waitUntil(
  docker: Docker,
  seconds: number,
  signal: AbortSignal,
): Promise<DockerInfo | undefined> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end && !signal.aborted) {
    const asked = await askDocker(docker);
    if (answers(asked)) return asked;
    await sleep(500);
  }
  return undefined;
}

/** sd_booted(3). */
function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}
