import { Interruption } from "../system/interruption.ts";
import { Steps, type StepTime } from "./terminal/steps.ts";

/** What every command works with: the user's environment, their terminal, their Ctrl-C. */
export interface Session {
  /** The user's environment, with this Node and the checkout's tools first on PATH. */
  readonly env: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
  /** There is a terminal, so questions can be asked. */
  readonly interactive: boolean;
  readonly steps: Steps;
  /** Writes an answer to standard output. */
  readonly print: (text: string) => void;
  /** Writes a message to standard error. */
  readonly say: (text: string) => void;
}

/** How a command's session looks. */
export interface SessionOptions {
  /** Show set-up steps that had nothing to do too: for commands whose set-up is worth watching. */
  readonly showSteps: boolean;
}

/** The session of this process. */
export function openSession(
  env: NodeJS.ProcessEnv,
  interruption: Interruption,
  { showSteps }: SessionOptions,
): Session {
  const live = process.stderr.isTTY && env["TERM"] !== "dumb";
  const steps = new Steps({
    write: (text) => process.stderr.write(text),
    live,
    columns: process.stderr.isTTY ? process.stderr.columns : 80,
    showIdle: showSteps,
  });
  for (const step of stepsBefore(env)) steps.add(step);
  return {
    env,
    interruption,
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    steps,
    print: (text) => process.stdout.write(`${text}\n`),
    say: (text) => process.stderr.write(`${text}\n`),
  };
}

/** What berth.mjs did before this process was there. */
function stepsBefore(env: NodeJS.ProcessEnv): StepTime[] {
  const handed = env["BERTH_INSTALL_STEPS"];
  if (handed === undefined) return [];
  const times = JSON.parse(handed) as { title: string; seconds: number }[];
  return times.map((time) => ({ ...time, worked: true }));
}
