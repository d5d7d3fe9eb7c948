import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { checkout } from "../checkout.ts";
import { CommandError, exitCode } from "../../system/exit-code.ts";
import { converse } from "../../system/run.ts";

/** A Postgres for the application's tests. */
export interface TestDatabase {
  /** Address of a superuser. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Has the application's own script start a Postgres for its tests; it stops with this process at
 * the latest.
 * @throws CommandError with what is missing
 */
export async function startTestDatabase(env: NodeJS.ProcessEnv): Promise<TestDatabase> {
  const script = join(checkout.app, "tests", "serve-postgres.ts");
  const { stream, ended } = await converse({ command: process.execPath, args: [script] }, { env });
  stream.on("error", () => undefined);
  const lines = createInterface({ input: stream });
  const [url] = (await Promise.race([once(lines, "line"), ended.then(() => [""])])) as [string];
  if (url === "") throw new CommandError((await ended).stderr.trim(), exitCode.environment);
  return {
    url,
    stop: async () => {
      stream.end();
      await ended;
    },
  };
}
