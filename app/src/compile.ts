import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";
import { createMemoryCache } from "./platform/cache/cache.ts";
import { listMigrations } from "./platform/database/migration-source.ts";
import { openDatabase } from "./platform/database/open-database.ts";
import { loadAssets } from "./platform/html/assets.ts";
import { openJobQueue } from "./platform/jobs/job-queue.ts";
import { createLogger } from "./platform/log/create-logger.ts";
import { openMailer } from "./platform/mail/mailer.ts";
import { createMetrics } from "./platform/metrics/metrics.ts";
import { discoverModules, migrationFolders } from "./platform/modules/discover-modules.ts";
import { createJobs } from "./platform/services.ts";

/**
 * Fills the compile cache (NODE_COMPILE_CACHE) while the image is built: makes the whole app, on a
 * database that is never asked, so that a start finds the code of everything it runs compiled.
 * https://nodejs.org/api/module.html#module-compile-cache
 *
 * It is run without settings: for want of them each program ends as soon as it is loaded.
 */
const config = loadConfig({ DATABASE_HOST: "none", DATABASE_NAME: "none", DATABASE_USER: "none" });
const log = createLogger({ level: "silent", stack: config.stack, release: config.release });
const database = openDatabase(config.database, { applicationName: "compile", log });
const mailer = openMailer(config, log);
const deps = { config, log, database, mailer, cache: createMemoryCache(), modules: await discoverModules() };
const jobs = createJobs(deps);
createApp({
  ...deps,
  queue: openJobQueue(database, jobs, log),
  migrations: await listMigrations(await migrationFolders()),
  assets: await loadAssets(),
  metrics: createMetrics(config),
  now: Date.now,
  isDraining: () => false,
});
await Promise.all([
  import("./platform/process/serve.ts"),
  import("./platform/open-platform.ts"),
  import("./platform/cache/redis-cache.ts"),
  import("nodemailer"),
  import("pg-boss"),
  import("@node-rs/argon2"),
  import("./platform/tracing/start-export.ts"),
]);
await database.destroy();

process.exit = (() => undefined) as unknown as typeof process.exit;
process.stderr.write = () => true;
for (const program of [
  "main",
  "worker",
  "migrate",
  "seed",
  "create-admin",
  "create-invitation",
  "test-mail",
  "repl",
]) {
  await import(`./${program}.ts`);
}
process.exitCode = 0;
