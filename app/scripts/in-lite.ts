import { join } from "node:path";
import { reportFatal } from "../src/platform/process/report-fatal.ts";
import { isRunning, startLiteDatabase } from "./lite/database.ts";
import { liteEnvironment, litePlaces, readSettingsFile } from "./lite/environment.ts";
import { runProgram } from "./lite/run-program.ts";

/**
 * Runs one of the app's programs on lite mode's database, whether lite mode runs at the moment or
 * not: `node scripts/in-lite.ts src/seed.ts`.
 */
try {
  const places = litePlaces(join(import.meta.dirname, "..", ".."));
  const environment = { ...liteEnvironment(places, readSettingsFile(places.settings), process.env) };
  const database = (await isRunning(places.socket))
    ? undefined
    : await startLiteDatabase({ host: places.socket, data: places.data });
  try {
    if (database) await runProgram(environment, "src/migrate.ts", "up");
    process.exitCode = await runProgram(environment, ...process.argv.slice(2));
  } finally {
    await database?.stop();
  }
} catch (error) {
  reportFatal(error);
}
