import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../src/config.ts";
import { reportFatal } from "../src/platform/process/report-fatal.ts";
import { startLiteDatabase } from "./lite/database.ts";
import { liteEnvironment, litePlaces, readSettingsFile } from "./lite/environment.ts";
import { runProgram } from "./lite/run-program.ts";

const places = litePlaces(join(import.meta.dirname, "..", ".."));

/** Says where the app is once it answers. */
async function announce(url: string, stack: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answers = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) }).then(
      async (answer) => answer.ok && ((await answer.json()) as { stack?: unknown }).stack === stack,
      // No program listens yet, or another one does.
      () => false,
    );
    if (answers) {
      process.stdout.write(
        `\nThe app runs at ${url}/ and starts again when a file of app/src changes. Its data is in ${places.data}.\n` +
          "An administrator: npx berth create-admin --lite ADDRESS\n\n",
      );
      return;
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Runs the whole app on an embedded Postgres, without Docker: the same migrations and programs as
 * in a stack, each in a process of its own. A database that is new gets the sample data.
 */
async function run(): Promise<number> {
  const environment = { ...liteEnvironment(places, readSettingsFile(places.settings), process.env) };
  // What is wrong with a setting is said before anything is started.
  const config = loadConfig(environment);
  const isNew = !existsSync(places.data);
  mkdirSync(config.media.directory, { recursive: true });
  const database = await startLiteDatabase({ host: places.socket, data: places.data });
  try {
    const code = await runProgram(environment, "src/migrate.ts", "up");
    if (code !== 0) return code;
    if (isNew) await runProgram(environment, "src/seed.ts");
    const stop = new AbortController();
    const announced =
      config.port === 0 ? undefined : announce(`http://127.0.0.1:${config.port}`, config.stack, stop.signal);
    const ended = await runProgram(environment, "--watch-path=src", "--watch-preserve-output", "src/main.ts");
    stop.abort();
    await announced;
    return ended;
  } finally {
    await database.stop();
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  reportFatal(error);
}
