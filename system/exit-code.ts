/** What a command's exit code says. docs/commands.md has the same table. */
export const exitCode = {
  done: 0,
  /** The deployment, a test, a check or the command inside a container failed. */
  failed: 1,
  /** Wrong usage, settings, stack name or passphrase: the caller changes what they typed or set. */
  usage: 2,
  /** Something around berth is missing: Docker, the engine, disk space, a free port. */
  environment: 3,
  /** Another run holds the stack's lock, and `--lock-wait` is over. */
  locked: 4,
  /** SIGINT, as shells report it. */
  interrupted: 130,
  /** SIGTERM, as shells report it. */
  terminated: 143,
} as const;

/**
 * Something that the person at the keyboard can mend. Its message is printed alone, without a stack
 * trace.
 */
export class CommandError extends Error {
  readonly exitCode: number;

  /**
   * @param message what is wrong, and what to do about it, in whole sentences
   * @param code exit code of the command
   */
  constructor(message: string, code: number) {
    super(message);
    this.name = "CommandError";
    this.exitCode = code;
  }
}
