import { DatabaseUnreachable } from "../database/wait-for-database.ts";
import { SettingProblems } from "../settings/setting-problems.ts";

/** Exit codes of every program of the app, after BSD's sysexits if one fits. */
export const exitCodes = { failed: 1, usage: 64, databaseUnreachable: 69, settings: 78 } as const;

/**
 * Why a program of the app does not do what it was asked to: a sentence for the person who asked.
 */
export class Refusal extends Error {
  readonly exitCode: number;

  /** @param exitCode default: {@link exitCodes.failed} */
  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.name = "Refusal";
    this.exitCode = exitCode;
  }
}

/**
 * Ends the program because of `error`: a plain message if people can do something about it, else
 * the stack too.
 */
export function reportFatal(error: unknown): never {
  const known =
    error instanceof SettingProblems || error instanceof DatabaseUnreachable || error instanceof Refusal;
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  const code =
    error instanceof SettingProblems
      ? exitCodes.settings
      : error instanceof DatabaseUnreachable
        ? exitCodes.databaseUnreachable
        : error instanceof Refusal
          ? error.exitCode
          : exitCodes.failed;
  process.exit(code);
}
