import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { Interruption } from "./interruption.ts";

/** Enough to see why a command failed. */
const TAIL_LINES = 20;

/** A command as a value, so that tests compare it instead of running it. */
export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
}

/** How a captured command ended. */
export interface Captured {
  /** Exit code; 128 plus the signal's number is not used: a signal counts as 1. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The command is not on PATH. */
  readonly missing: boolean;
}

/** What a child gets besides its arguments. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Standard input of a captured command. Default: none. */
  readonly input?: string;
  /** Milliseconds after which a captured command is ended. Default: never. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Runs a command and keeps what it writes. Never throws for the command's own failure. */
export async function capture({ command, args }: Invocation, options: RunOptions = {}): Promise<Captured> {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // A command that ends without reading its input is no failure of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  try {
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return { code: child.exitCode ?? 1, stdout, stderr, missing: false };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return { code: 1, stdout: "", stderr: String(error), missing: code === "ENOENT" };
  }
}

/**
 * Runs a command whose output is progress, a line at a time from both its streams.
 * @returns its exit code, and the last lines for an error's message
 */
export async function follow(
  { command, args }: Invocation,
  onLine: (line: string) => void,
  options: RunOptions = {},
): Promise<{ code: number; tail: string }> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const last: string[] = [];
  const read = async (stream: NodeJS.ReadableStream) => {
    for await (const line of createInterface({ input: stream })) {
      onLine(line);
      last.push(line);
      if (last.length > TAIL_LINES) last.shift();
    }
  };
  try {
    await Promise.all([read(child.stdout), read(child.stderr), once(child, "close")]);
    return { code: child.exitCode ?? 1, tail: last.join("\n") };
  } catch (error) {
    return { code: 1, tail: [...last, String(error)].join("\n") };
  }
}

/** Runs a command on this process's own terminal or pipes, and returns its exit code. */
export async function attach(
  { command, args }: Invocation,
  interruption: Interruption,
  options: RunOptions = {},
): Promise<number> {
  const child = spawn(command, args, {
    stdio: "inherit",
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  interruption.attach(child);
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
