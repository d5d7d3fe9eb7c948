import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { createApp } from "../../src/app.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { listMigrations } from "../../src/platform/database/migration-source.ts";
import { type Database, openDatabase } from "../../src/platform/database/open-database.ts";
import { loadAssets } from "../../src/platform/html/assets.ts";
import { listen } from "../../src/platform/http/listen.ts";
import type { Route } from "../../src/platform/http/route.ts";
import { openJobQueue, type RunningQueue } from "../../src/platform/jobs/job-queue.ts";
import { createLogger } from "../../src/platform/log/create-logger.ts";
import type { Mail } from "../../src/platform/mail/mailer.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import { discoverModules, migrationFolders } from "../../src/platform/modules/discover-modules.ts";
import type { FoundModule } from "../../src/platform/modules/module.ts";
import { openCache } from "../../src/platform/open-platform.ts";
import { createJobs } from "../../src/platform/services.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

/** The whole app on a free port with a database of its own, which `database` opens as its owner. */
export interface TestApp extends Omit<TestDatabase, "config"> {
  readonly config: Config;
  /** The app's own, which has rights on rows only. */
  readonly pool: Database;
  /** Address without a slash at the end. */
  readonly url: string;
  readonly routes: readonly Route[];
  /** What the app has logged so far, oldest first. */
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  /** Mail sent so far. */
  readonly mails: readonly Mail[];
  readonly queue: RunningQueue;
  /** Works off the jobs that are queued, in this process. */
  runJobs(): Promise<void>;
  /** From now on the app believes that SIGTERM came. */
  beginDrain(): void;
  /** Moves the app's clock. */
  passTime(seconds: number): void;
  close(): Promise<void>;
}

interface Options {
  readonly modules?: readonly FoundModule[];
  /** Further environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A database to run on that stays when the app is closed; without it the app makes its own. */
  readonly home?: TestDatabase;
}

/**
 * Starts the app as `main.ts` would, but for its mail, which is kept, and its jobs, which run when
 * told to.
 */
export async function startTestApp({ modules, environment = {}, home }: Options = {}): Promise<TestApp> {
  const testDatabase = home ?? (await createTestDatabase());
  const logged: Record<string, unknown>[] = [];
  const mails: Mail[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const loaded = loadConfig({
    STACK: "test",
    RELEASE: "r-test",
    RATE_LIMIT: "0",
    // A full disk of the machine that tests is not what they are about.
    MEDIA_RESERVE: "16",
    MEDIA_SHARE: "100",
    ...environment,
    DATABASE_HOST: testDatabase.config.host,
    DATABASE_NAME: testDatabase.config.name,
    DATABASE_USER: testDatabase.serving.user,
  });
  const config: Config = { ...loaded, database: testDatabase.serving };
  const log = createLogger({ level: "debug", stack: config.stack, release: config.release, destination });
  const database = openDatabase(config.database, { applicationName: "tests", log });
  const found = modules ?? (await discoverModules());
  const cache = await openCache(config, log);
  const mailer = {
    canSend: !config.production || config.smtp !== undefined,
    send: (mail: Mail) => {
      mails.push(mail);
      return Promise.resolve();
    },
    close: () => undefined,
  };
  const jobs = createJobs({ config, log, database, cache, modules: found, mailer });
  const queue = openJobQueue(database, jobs, log);
  let draining = false;
  let shift = 0;
  const app = createApp({
    config,
    log,
    database,
    cache,
    queue,
    mailer,
    modules: found,
    migrations: await listMigrations(await migrationFolders()),
    assets: await loadAssets(),
    metrics: createMetrics(config),
    now: () => Date.now() + shift,
    isDraining: () => draining,
  });
  const { server } = await listen(app.handler, "127.0.0.1", 0);

  const runJobs = async () => {
    const waiting = () =>
      database("jobs.job")
        .whereIn(
          "name",
          jobs.map(({ name }) => name),
        )
        .where({ state: "created" })
        .orderBy("created_on")
        .select<{ id: string; name: string; data: unknown }[]>("id", "name", "data");
    for (const { id, name, data } of await waiting()) {
      await jobs.find((job) => job.name === name)?.run(data, { id, signal: new AbortController().signal });
      await database("jobs.job").where({ id }).update({ state: "completed" });
    }
  };

  return {
    ...testDatabase,
    config,
    pool: database,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    routes: app.routes,
    logged,
    mails,
    queue,
    runJobs,
    beginDrain: () => {
      draining = true;
    },
    passTime: (seconds) => {
      shift += seconds * 1000;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await queue.stop(1);
      await cache.close();
      await database.destroy();
      if (!home) await testDatabase.drop();
      const faults = logged.filter(({ level }) => level === "error" || level === "fatal");
      assert.deepEqual(
        faults.map(({ msg, err }) => ({ msg, err })),
        [],
        "the app logged errors",
      );
    },
  };
}
