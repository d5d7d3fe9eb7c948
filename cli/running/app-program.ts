import { join } from "node:path";
import { checkout } from "../checkout.ts";
import { attach, type Invocation } from "../../system/run.ts";
import type { Session } from "../session.ts";
import { runningPart, stackDocker } from "../docker/stack-docker.ts";
import { exitCodeOf } from "./program-exit.ts";

/** Where one of the application's programs runs. */
export interface AppTarget {
  readonly stack: string;
  /** On lite mode's database instead of a stack's. */
  readonly lite?: boolean;
}

/**
 * Runs one of the application's programs beside it: in the container of the stack's application,
 * which has its settings and secrets, or on lite mode's database.
 * @param command of the declaration, and its arguments
 * @returns exit code of the command
 */
export async function runAppProgram(
  session: Session,
  target: AppTarget,
  command: readonly string[],
): Promise<number> {
  const { invocation, env } =
    target.lite === true ? inLite(session, command) : await inStack(session, target, command);
  const code = await attach(invocation, session.interruption, { env });
  return exitCodeOf(code);
}

interface Prepared {
  readonly invocation: Invocation;
  readonly env: NodeJS.ProcessEnv;
}

function inLite(session: Session, [, ...program]: readonly string[]): Prepared {
  const args = [join(checkout.app, "scripts", "in-lite.ts"), ...program];
  return { invocation: { command: process.execPath, args }, env: session.env };
}

async function inStack(
  session: Session,
  { stack }: AppTarget,
  command: readonly string[],
): Promise<Prepared> {
  const docker = stackDocker(session.env, stack);
  const { id } = runningPart(await docker.containersOf(stack), stack, "app");
  return { invocation: { command: "docker", args: execArgs(id, command) }, env: docker.env };
}

/**
 * Arguments of `docker exec`: a terminal inside only if there is one outside, standard input
 * always.
 */
export function execArgs(
  container: string,
  command: readonly string[],
  terminal = process.stdin.isTTY && process.stdout.isTTY,
): string[] {
  return ["exec", "--interactive", ...(terminal ? ["--tty"] : []), container, ...command];
}
