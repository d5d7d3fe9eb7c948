import { InvalidArgumentError, Option } from "commander";
import type { Container } from "../../system/container.ts";
import { dockerCommand, type LogRange } from "../../system/docker-commands.ts";
import type { Docker } from "../../system/docker.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Session } from "../session.ts";
import { logLevels, wantedLines, type LogFilter } from "../status/log-filter.ts";
import { mergeLogs, parseLog, prefixed } from "../status/log-lines.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { projectName } from "../settings/project.ts";
import { parseDuration } from "../terminal/duration.ts";
import { stackCommand, type AddCommand } from "./command.ts";

interface LogOptions extends LogFilter {
  readonly stack: string;
  /** Moment that past lines begin at, as ISO 8601. */
  readonly since?: string;
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
    [
      "npx berth logs --since 10m --level error --stack prod",
      "what went wrong within ten minutes, of all parts",
    ],
    ["npx berth logs --request 5f2c9e0a --stack prod", "one request: Nginx' line and the application's"],
  ])
    .option("-f, --follow", "follow new lines until Ctrl-C")
    .option(
      "--since <time>",
      "lines since a duration ago (90s, 10m, 1h30m) or a moment (ISO 8601)",
      parseSince,
    )
    .addOption(new Option("--level <level>", "lines of at least this level").choices(logLevels))
    .option("--request <id>", "lines that name this request", parseRequest)
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
  const past = await Promise.all(chosen.map((container) => pastOf(docker, container, options)));
  for (const line of mergeLogs(past.flat(), options.tail)) session.print(line);
  if (options.follow === true) await follow(session, docker, part, options, chosen);
  return exitCode.done;
}

async function pastOf(docker: Docker, container: Container, options: LogOptions) {
  const { level, request, since, tail } = options;
  // What is wanted may be far back.
  const range = level === undefined && request === undefined ? { tail } : {};
  const { stdout, stderr } = await docker.try(
    dockerCommand.logs(container.id, {
      timestamps: true,
      ...range,
      ...(since === undefined ? {} : { since }),
    }),
  );
  return [stdout, stderr].flatMap((printed) => {
    const wanted = wantedLines(options);
    return parseLog(container.name, printed).filter(({ text }) => wanted(text));
  });
}

/**
 * Follows the running containers, and those that start later: a new release replaces the old one's
 * containers.
 */
async function follow(
  session: Session,
  docker: Docker,
  part: string | undefined,
  options: LogOptions,
  containers: readonly Container[],
): Promise<void> {
  const { stack } = options;
  const { signal } = session.interruption;
  const width = Math.max(0, ...containers.map(({ name }) => name.length));
  const tailOf = (container: Container, past: LogRange) => {
    const wanted = wantedLines(options);
    return docker.follow(
      dockerCommand.logs(container.id, { follow: true, ...past }),
      (line) => {
        if (wanted(line)) session.print(prefixed(container.name, width, line));
      },
      { signal },
    );
  };
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

function parseSince(text: string): string {
  const seconds = parseDuration(text);
  const moment = seconds === undefined ? Date.parse(text) : Date.now() - seconds * 1000;
  if (Number.isNaN(moment)) {
    throw new InvalidArgumentError(
      "A duration such as 10m, or a moment such as 2026-11-27T14:00:00Z, is expected.",
    );
  }
  return new Date(moment).toISOString();
}

function parseRequest(text: string): string {
  if (!/^[\w-]{4,128}$/.test(text)) {
    throw new InvalidArgumentError("The id of a request is expected, as X-Request-Id of its answer has it.");
  }
  return text;
}
