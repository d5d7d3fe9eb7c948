import { loadConfig } from "./config.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { Refusal, reportFatal } from "./platform/process/report-fatal.ts";

/**
 * Puts every module's sample data into the database. Runs as often as one likes; refuses to in
 * production.
 */
try {
  const config = loadConfig();
  if (config.production && !process.argv.includes("--force")) {
    throw new Refusal("APP_ENV is production: sample data does not belong there. Add --force if it does.");
  }
  const platform = await openPlatform({ ...config, logLevel: "warn" }, "script");
  try {
    for (const module of platform.modules) {
      if (!module.seed) continue;
      await module.seed(platform.database);
      process.stdout.write(`${module.name}: sample data is there.\n`);
    }
  } finally {
    await platform.close(1);
  }
} catch (error) {
  reportFatal(error);
}
