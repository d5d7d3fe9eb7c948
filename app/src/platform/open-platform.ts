import type { Config } from "../config.ts";
import { type Cache, createMemoryCache } from "./cache/cache.ts";
import { type Database, openDatabase } from "./database/open-database.ts";
import { waitForDatabase } from "./database/wait-for-database.ts";
import { type RunningQueue, openJobQueue } from "./jobs/job-queue.ts";
import type { Job } from "./jobs/job.ts";
import { createLogger, type Logger } from "./log/create-logger.ts";
import { type Mailer, openMailer } from "./mail/mailer.ts";
import { discoverModules } from "./modules/discover-modules.ts";
import type { FoundModule } from "./modules/module.ts";
import { openTracing } from "./tracing/open-tracing.ts";
import { traceQueries } from "./tracing/trace-queries.ts";
import { createJobs } from "./services.ts";

/** Everything a process of the app holds open. */
export interface Platform {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly cache: Cache;
  readonly mailer: Mailer;
  readonly modules: readonly FoundModule[];
  readonly jobs: readonly Job[];
  readonly queue: RunningQueue;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Closes all of it; `seconds` is what running jobs get to end. */
  close(seconds: number): Promise<void>;
}

/**
 * Loads the client for Redis only if there is one: it is a tenth of the time that a process takes
 * to start.
 */
export async function openCache(config: Config, log: Logger): Promise<Cache> {
  if (!config.redis) return createMemoryCache();
  const { openRedisCache } = await import("./cache/redis-cache.ts");
  return openRedisCache(config.redis, log);
}

/**
 * Opens what every process needs, once the database answers.
 *
 * @param role shown by Postgres as the connection's application name: web, worker, script.
 * @throws {DatabaseUnreachable}
 */
export async function openPlatform(config: Config, role: string): Promise<Platform> {
  const log = createLogger({ level: config.logLevel, stack: config.stack, release: config.release });
  const tracing = await openTracing(config, role, log);
  const database = openDatabase(config.database, { applicationName: `${role} ${config.release}`, log });
  try {
    await waitForDatabase(database, config.database, log);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  if (config.traces) traceQueries(database, config.database);
  const cache = await openCache(config, log);
  const mailer = openMailer(config, log);
  const modules = await discoverModules();
  const jobs = createJobs({ config, log, database, cache, modules, mailer });
  const queue = openJobQueue(database, jobs, log);
  return {
    config,
    log,
    database,
    cache,
    mailer,
    modules,
    jobs,
    queue,
    now: Date.now,
    async close(seconds) {
      await queue.stop(seconds);
      mailer.close();
      await cache.close();
      await database.destroy();
      await tracing.close();
    },
  };
}
