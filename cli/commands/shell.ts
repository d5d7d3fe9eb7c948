import { attach } from "../processes/run.ts";
import type { Session } from "../session.ts";
import { runningPart, stackEngine } from "../stack/stack-engine.ts";
import { stackCommand, type AddCommand } from "./command.ts";

/** `berth shell`: a shell inside a container. */
export const addShell: AddCommand = (program, run) => {
  stackCommand(
    program,
    "shell [part] [command...]",
    "open a shell in a part's container, or run a command there",
    [
      ["npx berth shell", "a shell in the dev stack's application"],
      ["npx berth shell postgres --stack prod", "a shell in the prod stack's database"],
      ["npx berth shell app -- node --version", "one command, with its exit code"],
    ],
  ).action(async (part: string | undefined, command: string[], options: { stack: string }) =>
    run("work", (session) => shell(session, options.stack, part ?? "app", command)),
  );
};

async function shell(
  session: Session,
  stack: string,
  part: string,
  command: readonly string[],
): Promise<number> {
  const docker = stackEngine(session.env, stack);
  const container = runningPart(await docker.containersOf(stack), stack, part);
  const args = execArgs(container.id, command.length === 0 ? shellCommand : command);
  return attach({ command: "docker", args }, session.interruption, { env: docker.env });
}

/** Whatever shell the image has, bash first. */
const shellCommand = ["sh", "-c", "if command -v bash >/dev/null; then exec bash; else exec sh; fi"];

/** Arguments of `docker exec`: a terminal inside only where there is one outside, standard input always. */
export function execArgs(
  container: string,
  command: readonly string[],
  terminal = process.stdin.isTTY && process.stdout.isTTY,
): string[] {
  return ["exec", "--interactive", ...(terminal ? ["--tty"] : []), container, ...command];
}
