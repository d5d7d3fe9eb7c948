import { appendFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import type { Options, Result } from "execa";
import { CommandError, exitCode } from "./exit-code.ts";
import type { Interruption } from "./interruption.ts";

/** Enough to see why a command failed. */
const tailLines = 20;

/** A command as a value, so that tests compare it instead of running it. */
export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
}

/** How a command ended whose output was kept. */
export interface Captured {
  /** Exit code; 128 plus the signal's number is not used: a signal counts as 1. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The command is not on PATH. */
  readonly missing: boolean;
}

/** How a command ended whose lines were handed on. */
export interface Followed {
  /** As {@link Captured.code}. */
  readonly code: number;
  /** The last lines of both streams, for an error's message. */
  readonly tail: string;
  readonly missing: boolean;
}

/** What a child gets besides its arguments. */
export interface RunOptions {
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: this process's. */
  readonly cwd?: string;
  /** Standard input of a captured command, and of the first one of a pipe. Default: none. */
  readonly input?: string;
  /** Milliseconds after which a captured command is ended. Default: never. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * `signal` ends what the command has started as well; it gets a process group of its own.
   * Default: false.
   */
  readonly tree?: boolean;
  /** File that each followed line is appended to as well. */
  readonly log?: string;
}

/**
 * Options of all commands. No limit on output: an engine's lists grow with its objects. An error's
 * code says how the command ended, so nothing is thrown for its own failure.
 */
function shared(options: RunOptions) {
  return {
    env: options.env ?? process.env,
    extendEnv: false,
    reject: false,
    maxBuffer: Infinity,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.tree === undefined ? {} : { killDescendants: options.tree }),
  } satisfies Options;
}

/** Loaded with the first command, which takes longer than loading does: a tenth of a second. */
const load = async () => (await import("execa")).execa;

/** Runs a command and keeps what it writes. Never throws for the command's own failure. */
export async function capture({ command, args }: Invocation, options: RunOptions = {}): Promise<Captured> {
  const execa = await load();
  const result = await execa(command, args, { ...shared(options), input: options.input ?? "" });
  const missing = result.code === "ENOENT";
  // One that never began has written nothing.
  const why = result.exitCode === undefined && result.stderr === "" ? result.originalMessage : undefined;
  return { code: result.exitCode ?? 1, stdout: result.stdout, stderr: why ?? result.stderr, missing };
}

/**
 * Runs a command whose output is progress, a line at a time from both its streams.
 * @returns how it ended
 */
export async function follow(
  { command, args }: Invocation,
  onLine: (line: string) => void,
  options: RunOptions = {},
): Promise<Followed> {
  const execa = await load();
  const child = execa(command, args, { ...shared(options), stdin: "ignore", buffer: false });
  const tail = new Tail(onLine, options.log);
  await Promise.all([tail.read(child.iterable()), tail.read(child.iterable({ from: "stderr" }))]);
  return tail.ended(await child);
}

/** Runs a command on this process's own terminal or pipes, and returns its exit code. */
export async function attach(
  { command, args }: Invocation,
  interruption: Interruption,
  options: RunOptions = {},
): Promise<number> {
  const execa = await load();
  // It ends by itself, in order: Pulumi writes its state first.
  const child = execa(command, args, { ...shared(options), stdio: "inherit", cleanup: false });
  interruption.attach(child, child);
  const result = await child;
  if (result.code === "ENOENT") throw new CommandError(`${command} is not on PATH.`, exitCode.environment);
  return result.exitCode ?? 1;
}

/**
 * Runs a command whose standard output is another's standard input, as it comes.
 * @param onLine gets the first one's lines on standard error
 * @returns how each of them ended
 */
export async function pipe(
  from: Invocation,
  to: Invocation,
  onLine: (line: string) => void,
  options: RunOptions = {},
): Promise<{ readonly from: Followed; readonly to: Captured }> {
  const execa = await load();
  const stdin = options.input === undefined ? { stdin: "ignore" as const } : { input: options.input };
  const source = execa(from.command, from.args, { ...shared(options), ...stdin, buffer: false });
  const tail = new Tail(onLine, options.log);
  const [second, first] = await Promise.all([
    source.pipe(to.command, to.args, shared(options)),
    source,
    tail.read(source.iterable({ from: "stderr" })),
  ]);
  const { exitCode: code = 1, stdout, stderr } = second;
  return { from: tail.ended(first), to: { code, stdout, stderr, missing: second.code === "ENOENT" } };
}

/** A command that this process speaks with over its standard input and output. */
export interface Conversation {
  /** What is written to it is the command's input, what is read from it its output. */
  readonly stream: Duplex;
  /** Known once the command has ended: its exit code and what it wrote to standard error. */
  readonly ended: Promise<Omit<Captured, "stdout">>;
  /** Asks the command to end. */
  readonly kill: () => void;
}

/** Starts a command to speak with. */
export async function converse(
  { command, args }: Invocation,
  options: RunOptions = {},
): Promise<Conversation> {
  const execa = await load();
  const child = execa(command, args, { ...shared(options), buffer: { stdout: false, stderr: true } });
  return {
    stream: child.duplex(),
    ended: child.then(({ exitCode, code, originalMessage = "", stderr }) => ({
      code: exitCode ?? 1,
      stderr: stderr === "" && exitCode === undefined ? originalMessage : stderr,
      missing: code === "ENOENT",
    })),
    kill: () => void child.kill(),
  };
}

/** What execa says of a command that has ended. */
type Ended = { [Key in "exitCode" | "code" | "originalMessage"]?: Result[Key] | undefined };

/** Hands lines on, and keeps the last ones. */
class Tail {
  readonly #onLine: (line: string) => void;
  readonly #log: string | undefined;
  readonly #lines: string[] = [];

  constructor(onLine: (line: string) => void, log: string | undefined) {
    this.#onLine = onLine;
    this.#log = log;
  }

  async read(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      this.#onLine(line);
      if (this.#log !== undefined) appendFileSync(this.#log, `${line}\n`);
      this.#lines.push(line);
      if (this.#lines.length > tailLines) this.#lines.shift();
    }
  }

  ended({ exitCode: code, code: error, originalMessage = "" }: Ended): Followed {
    const why = code === undefined ? [originalMessage] : [];
    return { code: code ?? 1, tail: [...this.#lines, ...why].join("\n"), missing: error === "ENOENT" };
  }
}
