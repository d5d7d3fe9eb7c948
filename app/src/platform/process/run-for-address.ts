import { emailField } from "../accounts/account-schemas.ts";
import { exitCodes, reportFatal } from "./report-fatal.ts";

/** What a program of the command line was given. */
export interface AddressProgram {
  readonly usage: string;
  /** The option that takes the address, as it is typed. */
  readonly option: string;
  /** What was typed behind it; empty if nothing was. */
  readonly address: string;
  /** Whether `--help` was asked for. */
  readonly help: boolean;
}

/**
 * Runs a program that is about one e-mail address: prints its usage if that was asked for, refuses
 * what is no address, and reports what `run` throws.
 */
export async function runForAddress(
  { usage, option, address, help }: AddressProgram,
  run: (address: string) => Promise<void>,
): Promise<void> {
  if (help) {
    process.stdout.write(usage);
    return;
  }
  const given = emailField.safeParse(address);
  if (!given.success) {
    process.stderr.write(`${option} needs an e-mail address.\n\n${usage}`);
    process.exitCode = exitCodes.usage;
    return;
  }
  try {
    await run(given.data);
  } catch (error) {
    reportFatal(error);
  }
}
