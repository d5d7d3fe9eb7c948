import { Writable } from "node:stream";
import type { AddressInfo } from "node:net";
import { createApp } from "../../src/app.ts";
import { listMigrations } from "../../src/platform/database/migration-source.ts";
import { listen } from "../../src/platform/http/listen.ts";
import { createLogger } from "../../src/platform/log/create-logger.ts";
import { discoverModules, migrationFolders } from "../../src/platform/modules/discover-modules.ts";
import type { FoundModule } from "../../src/platform/modules/module.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

/** The whole app on a free port with a database of its own. */
export interface TestApp extends TestDatabase {
  /** Address without a slash at the end. */
  readonly url: string;
  /** What the app has logged so far, oldest first. */
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  /** From now on the app believes that SIGTERM came. */
  beginDrain(): void;
  close(): Promise<void>;
}

/** Starts the app as `main.ts` would. */
export async function startTestApp(options: { modules?: readonly FoundModule[] } = {}): Promise<TestApp> {
  const testDatabase = await createTestDatabase();
  const logged: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  let draining = false;
  const app = createApp({
    config: { stack: "test", release: "r-test", production: true, trustProxy: 0 },
    log: createLogger({ level: "debug", stack: "test", release: "r-test", destination }),
    database: testDatabase.database,
    migrations: await listMigrations(await migrationFolders()),
    modules: options.modules ?? (await discoverModules()),
    isDraining: () => draining,
  });
  const { server } = await listen(app, "127.0.0.1", 0);
  return {
    ...testDatabase,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    logged,
    beginDrain: () => {
      draining = true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await testDatabase.drop();
    },
  };
}
