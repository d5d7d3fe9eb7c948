import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { InvalidArgumentError } from "commander";
import type { Container } from "../../system/container.ts";
import type { Docker } from "../../system/docker.ts";
import { exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { mergeLogs, parseLog, prefixed } from "../status/log-lines.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { stackCommand, type AddCommand } from "./command.ts";

interface LogOptions {
  readonly stack: string;
  readonly follow?: boolean;
  readonly tail: number;
}

const TAIL = 100;
/** Docker writes down a start a moment after the program inside has begun to speak. */
const START_SLACK_MS = 1_000;

/** `berth logs`: what the stack's containers say. */
export const addLogs: AddCommand = (program, run) => {
  stackCommand(program, "logs [part]", "show what the stack's containers say, in the order of time", [
    ["npx berth logs", "the last 100 lines of the dev stack"],
    ["npx berth logs app -f", "the application, as it speaks; new releases join in"],
    ["npx berth logs postgres --stack prod --tail 20", "the last 20 lines of the prod stack's database"],
  ])
    .option("-f, --follow", "go on with new lines until Ctrl-C")
    .option("--tail <lines>", "how many lines of the past", parseCount, TAIL)
    .action(async (part: string | undefined, options: LogOptions) =>
      run("work", (session) => logs(session, part, options)),
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
  const { stdout, stderr } = await docker.try(["logs", "--timestamps", "--tail", String(tail), container.id]);
  return [...parseLog(container.name, stdout), ...parseLog(container.name, stderr)];
}

/** Follows the running containers, and those that start later: a new release replaces the old one's containers. */
async function follow(
  session: Session,
  docker: Docker,
  part: string | undefined,
  stack: string,
  containers: readonly Container[],
): Promise<void> {
  const { signal } = session.interruption;
  const width = Math.max(0, ...containers.map(({ name }) => name.length));
  const tailOf = (container: Container, past: readonly string[]) =>
    lines(docker, ["logs", "--follow", ...past, container.id], signal, (line) => {
      session.print(prefixed(container.name, width, line));
    });
  const running = containers.filter(({ status }) => status === "running");
  const open = running.map((container) => tailOf(container, ["--tail", "0"]));
  const labels = ["--filter", `label=berth.stack=${stack}`];
  const partLabel = part === undefined ? [] : ["--filter", `label=berth.part=${part}`];
  const events = ["events", "--filter", "type=container", "--filter", "event=start", ...labels, ...partLabel];
  await lines(docker, [...events, "--format", "{{.Actor.ID}}"], signal, (id) => {
    void docker.containersOf(stack).then((now) => {
      const started = now.find((container) => container.id === id);
      if (started === undefined) return;
      // A container that is only started again has said the rest already.
      const since = new Date(started.started.getTime() - START_SLACK_MS).toISOString();
      open.push(tailOf(started, ["--since", since]));
    });
  });
  await Promise.all(open);
}

/** Runs docker and hands on its lines until it ends or the user does. */
async function lines(
  docker: Docker,
  args: readonly string[],
  signal: AbortSignal,
  take: (line: string) => void,
): Promise<void> {
  if (signal.aborted) return;
  const child = spawn("docker", args, { stdio: ["ignore", "pipe", "pipe"], env: docker.env });
  const stop = () => child.kill();
  signal.addEventListener("abort", stop);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", take);
  await once(child, "close");
  signal.removeEventListener("abort", stop);
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("A whole number of lines is expected.");
  return Number(text);
}
