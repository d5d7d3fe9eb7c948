import { exitCode } from "../../system/exit-code.ts";

/** Exit code of the application's programs for a wrong command line (sysexits.h, EX_USAGE). */
const EX_USAGE = 64;

/** The exit code of a command that ran one of the application's programs. */
export function exitCodeOf(programExit: number): number {
  if (programExit === 0) return exitCode.done;
  return programExit === EX_USAGE ? exitCode.usage : exitCode.failed;
}
