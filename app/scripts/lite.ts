import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { createApp } from "../src/app.ts";
import { loadConfig } from "../src/config.ts";
import { listMigrations } from "../src/platform/database/migration-source.ts";
import { createMigrator } from "../src/platform/database/migrator.ts";
import { migrationFolders } from "../src/platform/modules/discover-modules.ts";
import { openPlatform } from "../src/platform/open-platform.ts";
import { reportFatal } from "../src/platform/process/report-fatal.ts";
import { serve } from "../src/platform/process/serve.ts";
import { SettingProblems } from "../src/platform/settings/setting-problems.ts";
import { startLiteDatabase } from "./lite-database.ts";

const root = join(import.meta.dirname, "..", "..");
const data = join(root, ".berth", "lite");

/**
 * Reads `.env`, here only. One that was made for another environment is refused rather than half obeyed.
 *
 * @throws {SettingProblems}
 */
function readEnvironmentFile(path: string): Readonly<Record<string, string>> {
  if (!existsSync(path)) return {};
  const values = parse(readFileSync(path));
  const wrong = Object.entries(values).flatMap(([name, value]) => {
    if (name.startsWith("DATABASE_"))
      return [`${name} in ${path}: lite mode brings its own database. Take the line out.`];
    if (name === "APP_ENV" && value !== "development") {
      return [`${path} was made for the environment ${value}; lite mode is for development. Move it away.`];
    }
    if (name === "STACK" && value !== "lite")
      return [`${path} was made for the stack ${value}, not for lite mode. Move it away.`];
    return [];
  });
  if (wrong.length > 0) throw new SettingProblems(wrong);
  return values;
}

/** Runs the whole app on an embedded Postgres, without Docker: `npm run lite`. */
try {
  const fromFile = readEnvironmentFile(join(root, ".env"));
  mkdirSync(join(data, "media"), { recursive: true });
  const database = await startLiteDatabase(join(data, "postgres"));
  const config = loadConfig({
    STACK: "lite",
    MEDIA_DIR: join(data, "media"),
    METRICS_PORT: "0",
    DRAIN_TIMEOUT: "3",
    DATABASE_POOL_MAX: "5",
    ...fromFile,
    ...process.env,
    WORKERS: "1",
    DATABASE_HOST: "127.0.0.1",
    DATABASE_PORT: String(database.port),
    DATABASE_NAME: "postgres",
    DATABASE_USER: "postgres",
  });
  const platform = await openPlatform(config, "lite");
  const files = await listMigrations(await migrationFolders());
  await createMigrator({ database: platform.database, files, log: platform.log }).up();
  for (const module of platform.modules) await module.seed?.(platform.database);
  await serve(platform, createApp);
  process.stdout.write(
    `\nThe app runs at http://127.0.0.1:${config.port}/ on an embedded Postgres; its data is in ${data}.\n\n`,
  );
} catch (error) {
  reportFatal(error);
}
