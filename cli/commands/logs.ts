import { InvalidArgumentError } from "commander";
import type { Container } from "../../system/container.ts";
import { dockerCommand, type LogRange } from "../../system/docker-commands.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { mergeLogs, parseLog, prefixed } from "../status/log-lines.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { projectName } from "../settings/project.ts";
import { stackCommand, type AddCommand } from "./command.ts";

interface LogOptions {
  readonly stack: string;
  readonly follow?: boolean;
  readonly tail: number;
}

const defaultTail = 100;
/** Docker writes down a start a moment after the program inside has begun to speak. */
const startSlackMs = 1_000;

/** `berth logs`: what the stack's containers say. */
export const addLogs: AddCommand = (program, run) => {
  stackCommand(program, "logs [part]", "show the containers' logs in order of time", [
    ["npx berth logs", "the last 100 lines of the dev stack"],
    ["npx berth logs app -f", "follow the application, new releases included"],
    ["npx berth logs postgres --stack prod --tail 20", "the last 20 lines of the prod stack's database"],
  ])
    .option("-f, --follow", "follow new lines until Ctrl-C")
    .option("--tail <lines>", "how many past lines", parseCount, defaultTail)
    .action(async (part: string | undefined, options: LogOptions) =>
      run({ showSteps: false }, (session) => logs(session, part, options)),
    );
};

async function logs(session: Session, part: string | undefined, options: LogOptions): Promise<number> {
  const docker = stackDocker(session.env, options.stack);
  const all = await docker.containersOf(options.stack);
  const chosen = part === undefined ? all : all.filter((entry) => entry.part === part || entry.name === part);
  // Says which parts there are.
  if (chosen.length === 0) runningPart(all, options.stack, part ?? "container");
  const past = await Promise.all(chosen.map((container) => pastOf(docker, container, options.tail)));
  for (const line of mergeLogs(past.flat(), options.tail)) session.print(line);
  if (options.follow === true) await follow(session, docker, part, options.stack, chosen);
  return exitCode.done;
}

async function pastOf(docker: Docker, container: Container, tail: number) {
  const { stdout, stderr } = await docker.try(dockerCommand.logs(container.id, { timestamps: true, tail }));
  return [...parseLog(container.name, stdout), ...parseLog(container.name, stderr)];
}

/**
 * Follows the running containers, and those that start later: a new release replaces the old one's
 * containers.
 */
async function follow(
  session: Session,
  docker: Docker,
  part: string | undefined,
  stack: string,
  containers: readonly Container[],
): Promise<void> {
  const { signal } = session.interruption;
  const width = Math.max(0, ...containers.map(({ name }) => name.length));
  const tailOf = (container: Container, past: LogRange) =>
    docker.follow(
      dockerCommand.logs(container.id, { follow: true, ...past }),
      (line) => {
        session.print(prefixed(container.name, width, line));
      },
      { signal },
    );
  const running = containers.filter(({ status }) => status === "running");
  const open = running.map((container) => tailOf(container, { tail: 0 }));
  const labels = [
    `label=berth.stack=${stack}`,
    `label=berth.project=${projectName()}`,
    ...(part === undefined ? [] : [`label=berth.part=${part}`]),
  ];
  const join = (id: string) => {
    void docker.containersOf(stack).then((now) => {
      const started = now.find((container) => container.id === id);
      if (started === undefined) return;
      // A container that is only started again has said the rest already.
      const since = new Date(started.started.getTime() - startSlackMs).toISOString();
      open.push(tailOf(started, { since }));
    });
  };
  const watch = await docker.follow(dockerCommand.starts(labels), join, { signal });
  if (watch.code !== 0 && !signal.aborted) {
    throw new CommandError(`New containers are no longer noticed: ${watch.tail}`, exitCode.environment);
  }
  await Promise.all(open);
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("A whole number of lines is expected.");
  return Number(text);
}
