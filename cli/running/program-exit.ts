import { exitCode } from "../../system/exit-code.ts";

/** Exit code of the application's programs for a wrong command line (sysexits.h, wrongUsage). */
const wrongUsage = 64;

/** The exit code of a command that ran one of the application's programs. */
export function exitCodeOf(programExit: number): number {
  if (programExit === 0) return exitCode.done;
  return programExit === wrongUsage ? exitCode.usage : exitCode.failed;
}
