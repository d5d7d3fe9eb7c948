import { join } from "node:path";
import { z } from "zod";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { capture } from "../../system/run.ts";

const refusal = z.object({ problem: z.string() });

/**
 * Runs one of the application's own scripts, which answers with one line of JSON or text. The
 * application is run and never imported: whatever it is made of, the wrapper starts without it.
 * @param script path below app/
 * @returns what it printed
 * @throws CommandError with its own words
 */
export async function runAppScript(
  env: NodeJS.ProcessEnv,
  script: string,
  args: readonly string[],
): Promise<string> {
  const command = [join(checkout.app, script), ...args];
  const { code, stdout, stderr } = await capture({ command: process.execPath, args: command }, { env });
  if (code === 0) return stdout.trim();
  throw new CommandError(`app/${script} failed: ${stderr.trim()}`, exitCode.failed);
}

/**
 * The same of a script whose answer is JSON.
 * @throws CommandError with what the script says is wrong with its arguments
 */
export async function askAppScript<T>(
  env: NodeJS.ProcessEnv,
  script: string,
  args: readonly string[],
  answer: z.ZodType<T>,
): Promise<T> {
  const said: unknown = JSON.parse(await runAppScript(env, script, args));
  const refused = refusal.safeParse(said);
  if (refused.success) throw new CommandError(refused.data.problem, exitCode.usage);
  return answer.parse(said);
}
