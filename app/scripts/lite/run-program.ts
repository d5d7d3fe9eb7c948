import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const app = join(import.meta.dirname, "..", "..");

/**
 * Runs one of the app's programs on this terminal and passes signals on.
 *
 * @param parameters what Node gets: the program below `app/`, and its own parameters.
 * @returns its exit code, 1 where a signal ended it.
 */
export async function runProgram(
  environment: NodeJS.ProcessEnv,
  ...parameters: readonly string[]
): Promise<number> {
  const child = spawn(process.execPath, parameters, { cwd: app, env: environment, stdio: "inherit" });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM"] as const;
  // A terminal's Ctrl-C reaches the child by itself, and a second one would not hurt it.
  for (const signal of signals) process.on(signal, pass);
  const [code] = (await once(child, "close")) as [number | null];
  for (const signal of signals) process.off(signal, pass);
  return code ?? 1;
}
