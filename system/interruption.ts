import { CommandError, exitCode } from "./exit-code.ts";

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** A program in the foreground. */
interface Child {
  kill(signal: Signal): boolean;
}

/**
 * Ctrl-C and its relatives. Children that run in the foreground decide themselves how to end
 * (Pulumi finishes what it is doing and writes its state); everything else stops waiting through
 * `signal`.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #foreground = new Set<Child>();
  readonly #terminal: boolean;
  #received: Signal | undefined;

  /** @param terminal whether Ctrl-C reaches the whole process group by itself */
  constructor(terminal: boolean) {
    this.#terminal = terminal;
  }

  /**
   * Listens to this process's signals, and to the end of the process that started it over a
   * channel.
   */
  listen(): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        this.#receive(signal, signal !== "SIGINT" || !this.#terminal);
      });
    }
    process.on("disconnect", () => {
      this.#receive("SIGTERM", true);
    });
    // The channel exists for that message only and must not keep this process alive.
    process.channel?.unref();
  }

  /** Aborted at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code that shells give for the signal received; undefined if there was none. */
  get exitCode(): number | undefined {
    if (this.#received === undefined) return undefined;
    return this.#received === "SIGINT" ? exitCode.interrupted : exitCode.terminated;
  }

  /** @throws CommandError with that exit code once a signal came */
  check(): void {
    if (this.exitCode === undefined) return;
    throw new CommandError("Interrupted. The same command continues from here.", this.exitCode);
  }

  /**
   * Takes note of a Ctrl-C that a child has read from the terminal by itself: no signal comes then.
   */
  readByChild(): void {
    this.#received ??= "SIGINT";
  }

  /** Passes signals on to a child until it ends. */
  attach(child: Child, ended: Promise<unknown>): void {
    this.#foreground.add(child);
    void ended.finally(() => this.#foreground.delete(child));
  }

  #receive(signal: Signal, forward: boolean): void {
    this.#received ??= signal;
    if (forward) for (const child of this.#foreground) child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
    this.#controller.abort();
  }
}
