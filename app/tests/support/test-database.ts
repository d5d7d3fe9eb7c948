import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import type { DatabaseConfig } from "../../src/config.ts";
import { settleLogs } from "../../src/platform/audit/settle-logs.ts";
import { listMigrations } from "../../src/platform/database/migration-source.ts";
import { createMigrator } from "../../src/platform/database/migrator.ts";
import { type Database, openDatabase } from "../../src/platform/database/open-database.ts";
import { migrationFolders } from "../../src/platform/modules/discover-modules.ts";
import { startLiteDatabase } from "../../scripts/lite/database.ts";
import { startPostgres } from "./postgres-server.ts";

/** A database that one test file has to itself. */
export interface TestDatabase {
  /** As the owner of everything. */
  readonly config: DatabaseConfig;
  readonly database: Database;
  /** As the role of requests and jobs, which has rights on rows only; lite has one role. */
  readonly serving: DatabaseConfig;
  drop(): Promise<void>;
}

/** Role of requests and jobs, as a stack makes it. */
const servingRole = "berth_test_rows";

/** Any number that no other code locks on the tests' server. */
const templateLock = 7_041_776;

const silent = pino({ level: "silent" });

function configOf(url: string, name: string): DatabaseConfig {
  const { hostname, port, username, password } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 5432),
    name,
    user: decodeURIComponent(username),
    password: password === "" ? undefined : decodeURIComponent(password),
    poolMax: 10,
    wait: 30,
    statementTimeout: 15_000,
  };
}

async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const { name, path } of await listMigrations(await migrationFolders())) {
    hash.update(name).update(await readFile(path));
  }
  return hash.digest("hex").slice(0, 12);
}

async function migrate(config: DatabaseConfig): Promise<void> {
  const database = openDatabase(config, { applicationName: "tests", log: silent });
  try {
    const files = await listMigrations(await migrationFolders());
    await createMigrator({ database, files, log: silent }).up();
    await settleLogs(database, { auditDays: 365, historyDays: 730 });
  } finally {
    await database.destroy();
  }
}

/** Has what is made in a database from now on open its rows to the serving role. */
async function grantRows(admin: pg.Client, url: string, name: string): Promise<void> {
  const { password } = configOf(url, name);
  const { rowCount } = await admin.query("select from pg_roles where rolname = $1", [servingRole]);
  if (rowCount === 0) await admin.query(`create role ${servingRole} login`);
  if (password !== undefined)
    await admin.query(`alter role ${servingRole} password ${pg.escapeLiteral(password)}`);
  await admin.query(
    `revoke all on database ${name} from public; grant connect on database ${name} to ${servingRole}`,
  );
  const address = new URL(url);
  address.pathname = `/${name}`;
  const inside = new pg.Client({ connectionString: address.href });
  await inside.connect();
  await inside.query(`
    alter default privileges grant usage on schemas to ${servingRole};
    alter default privileges grant select, insert, update, delete on tables to ${servingRole};
    alter default privileges grant usage, select on sequences to ${servingRole};
  `);
  await inside.end();
}

/** Makes the migrated template once per server, whichever test file comes first. */
async function ensureTemplate(admin: pg.Client, url: string): Promise<string> {
  const template = `berth_template_${await fingerprint()}`;
  await admin.query("select pg_advisory_lock($1)", [templateLock]);
  try {
    const { rowCount } = await admin.query("select from pg_database where datname = $1 and datistemplate", [
      template,
    ]);
    if (rowCount === 0) {
      await admin.query(`drop database if exists ${template}`);
      await admin.query(`create database ${template}`);
      await grantRows(admin, url, template);
      await migrate(configOf(url, template));
      await admin.query(`alter database ${template} is_template true`);
    }
    return template;
  } finally {
    await admin.query("select pg_advisory_unlock($1)", [templateLock]);
  }
}

/** Whether the tests run on the embedded Postgres of lite mode: TEST_DATABASE=lite. */
export const isLite = process.env["TEST_DATABASE"] === "lite";

const liteTemplates = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "berth-lite");

const liteConfig = (host: string) => ({ ...configOf("postgres://postgres@lite/postgres", "postgres"), host });

/**
 * An embedded Postgres takes seconds of work to make, and half a second to copy: the first test
 * file makes it.
 */
async function liteTemplate(kind: "migrated" | "empty"): Promise<Blob> {
  const file = join(liteTemplates, `${kind}-${await fingerprint()}.tar`);
  if (existsSync(file)) return new Blob([await readFile(file)]);
  const folder = await mkdtemp(join(tmpdir(), "berth-lite-"));
  const server = await startLiteDatabase({ host: folder });
  try {
    if (kind === "migrated") await migrate(liteConfig(server.host));
    const dump = await server.dump();
    await mkdir(liteTemplates, { recursive: true });
    const partial = `${file}.${process.pid}`;
    await writeFile(partial, dump.stream());
    await rename(partial, file);
    return dump;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function createLiteTestDatabase(kind: "migrated" | "empty"): Promise<TestDatabase> {
  const template = await liteTemplate(kind);
  const folder = await mkdtemp(join(tmpdir(), "berth-lite-"));
  const server = await startLiteDatabase({ host: folder, template });
  const config = liteConfig(server.host);
  const database = openDatabase(config, { applicationName: "tests", log: silent });
  const drop = async () => {
    await database.destroy();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { config, serving: config, database, drop };
}

/**
 * Gives a test file a database of its own: empty, or migrated by cloning a template.
 *
 * @param kind `migrated` has this release's schema, `empty` nothing.
 */
export async function createTestDatabase(kind: "migrated" | "empty" = "migrated"): Promise<TestDatabase> {
  if (isLite) return createLiteTestDatabase(kind);
  const server = await startPostgres();
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  const name = `berth_test_${randomBytes(6).toString("hex")}`;
  const template = kind === "migrated" ? await ensureTemplate(admin, server.url) : "template0";
  await admin.query(`create database ${name} template ${template}`);
  if (kind === "empty") await grantRows(admin, server.url, name);
  else
    await admin.query(
      `revoke all on database ${name} from public; grant connect on database ${name} to ${servingRole}`,
    );
  const config = configOf(server.url, name);
  const database = openDatabase(config, { applicationName: "tests", log: silent });
  const drop = async () => {
    await database.destroy();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
    await server.stop();
  };
  return { config, serving: { ...config, user: servingRole }, database, drop };
}
