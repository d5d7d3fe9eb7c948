import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** How a program ended. A program that a signal ended has code 1. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run needs besides its command. */
export interface RunOptions {
  /** Added to this process's environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Bytes for its standard input; nothing by default. */
  readonly input?: Readable;
  /** Called with each line of its output, as it comes. */
  readonly onLine?: (line: string) => void;
  /** File that each line is appended to as well. */
  readonly log?: string;
  /** Ends the program and everything it started. */
  readonly signal?: AbortSignal;
  /** Folder to run in; this process's by default. */
  readonly folder?: string;
}

/**
 * Runs a program to its end and returns its output, whatever its exit code.
 *
 * @throws when the program cannot be started, or when `signal` ended it.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start(command, args, options).ended;
}

/** A program whose standard output is another's input. */
export interface Started {
  readonly ended: Promise<Ended>;
  readonly stdout: Readable;
}

/** Starts a program; `binary` leaves its standard output to the caller, unread. */
export function start(
  command: string,
  args: readonly string[],
  options: RunOptions & { readonly binary?: boolean } = {},
): Started {
  const child = spawn(command, args, {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, so that ending it ends what it started too (debootstrap runs a tree of programs).
    detached: true,
  });
  const stop = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It had ended already.
    }
  };
  options.signal?.addEventListener("abort", stop, { once: true });

  const collect = (stream: Readable): string[] => {
    const lines: string[] = [];
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
      lines.push(line);
      if (options.log !== undefined) appendFileSync(options.log, `${line}\n`);
      options.onLine?.(line);
    });
    return lines;
  };
  const stdout = options.binary === true ? [] : collect(child.stdout);
  const stderr = collect(child.stderr);

  // A program that ends before it has read its input is judged by its exit code, not by the broken pipe.
  child.stdin.on("error", () => undefined);
  if (options.input === undefined) child.stdin.end();
  else options.input.pipe(child.stdin);

  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new Error(`${command} is not installed, or not on PATH.`) : error);
    });
    child.on("close", (code) => {
      options.signal?.removeEventListener("abort", stop);
      if (options.signal?.aborted === true) reject(new Interrupted(command));
      else resolve({ code: code ?? 1, stdout: stdout.join("\n"), stderr: stderr.join("\n") });
    });
  });
  return { ended, stdout: child.stdout };
}

/** A program was ended because this one was asked to end, or a time limit passed. */
export class Interrupted extends Error {
  constructor(command: string) {
    super(`${command} was interrupted.`);
    this.name = "Interrupted";
  }
}
