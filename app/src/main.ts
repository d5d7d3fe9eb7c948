import { createApp } from "./app.ts";
import { loadConfig } from "./config.ts";
import { listMigrations } from "./platform/database/migration-source.ts";
import { openDatabase } from "./platform/database/open-database.ts";
import { waitForDatabase } from "./platform/database/wait-for-database.ts";
import { listen } from "./platform/http/listen.ts";
import { createLogger } from "./platform/log/create-logger.ts";
import { discoverModules, migrationFolders } from "./platform/modules/discover-modules.ts";
import { drain } from "./platform/process/drain.ts";
import { reportFatal } from "./platform/process/report-fatal.ts";
import { isPrimary, runCluster } from "./platform/process/run-cluster.ts";

/** Opens everything, serves until SIGTERM or SIGINT, closes everything. */
async function serve(config: ReturnType<typeof loadConfig>): Promise<void> {
  const log = createLogger({ level: config.logLevel, stack: config.stack, release: config.release });
  const database = openDatabase(config.database, { applicationName: `web ${config.release}`, log });
  await waitForDatabase(database, config.database, log);
  let draining = false;
  const app = createApp({
    config,
    log,
    database,
    migrations: await listMigrations(await migrationFolders()),
    modules: await discoverModules(),
    isDraining: () => draining,
  });
  const { server, port } = await listen(app, config.host, config.port);
  log.info({ host: config.host, port }, "listening");

  const stop = async (signal: string) => {
    if (draining) return;
    draining = true;
    log.info({ signal, seconds: config.drainTimeout }, "draining");
    const clean = await drain(server, config.drainTimeout);
    if (!clean) log.warn("open requests were cut off: DRAIN_TIMEOUT has passed");
    await database.destroy();
    log.info("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop(signal));
}

try {
  const config = loadConfig();
  if (config.workers > 1 && isPrimary) {
    const log = createLogger({ level: config.logLevel, stack: config.stack, release: config.release });
    process.exitCode = await runCluster(config.workers, log);
  } else {
    await serve(config);
  }
} catch (error) {
  reportFatal(error);
}
