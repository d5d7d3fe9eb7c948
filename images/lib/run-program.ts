/** What a program's arguments ask for. */
type Work = (signal: AbortSignal) => Promise<void>;

/** This exit code says that the arguments are wrong. */
const wrongArguments = 2;

/** Exit codes of programs that were told to end, by signal. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs a program of this folder to its end, its exit code included: 0 done, 1 failed, 2 wrong
 * arguments, 128 and the signal's number when it was interrupted.
 * @param usage printed on --help
 * @param parse reads the arguments; throws an Error for wrong ones
 */
export async function runProgram(usage: string, parse: (args: string[]) => Work | "help"): Promise<void> {
  let work: Work | "help";
  try {
    work = parse(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nSee --help.\n`);
    process.exitCode = wrongArguments;
    return;
  }
  if (work === "help") {
    process.stdout.write(usage);
    return;
  }
  const interruption = new AbortController();
  for (const [name, exitCode] of Object.entries(signals)) {
    process.once(name, () => {
      process.exitCode = exitCode;
      interruption.abort();
    });
  }
  try {
    await work(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) {
      process.stderr.write("Interrupted. Nothing half-made was left; run it again to go on.\n");
    } else {
      process.stderr.write(`${messageOf(error)}\n`);
      process.exitCode = 1;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
