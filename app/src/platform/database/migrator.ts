import { setTimeout as sleep } from "node:timers/promises";
import type { Knex } from "knex";
import type { Logger } from "../log/create-logger.ts";
import { type MigrationFile, migrationSource } from "./migration-source.ts";
import { migrationLockTable, migrationStatus, migrationTable } from "./migration-status.ts";
import type { Database } from "./open-database.ts";

/**
 * Any number will do as long as it never changes; this one is the start of SHA-256("berth
 * migrations").
 */
const advisoryLock = 6_813_370;

/**
 * Failures that trying again can cure: lock timeout, deadlock, serialization, connection lost,
 * Postgres restarting.
 */
const transient = /^(?:55P03|40P01|40001|57P0[1-3]|08...|53300|ECONNRESET|ECONNREFUSED|EPIPE)$/;
const attempts = 5;

interface MigratorDeps {
  /** Needs at least two connections: one holds the advisory lock while the other migrates. */
  readonly database: Database;
  readonly files: readonly MigrationFile[];
  readonly log: Logger;
}

/** Runs migrations; made by `createMigrator`. */
export interface Migrator {
  /** Applies what is pending, each migration in a transaction of its own, and returns its names. */
  up(): Promise<readonly string[]>;
  /** Takes the newest migration back and returns its name. */
  down(): Promise<readonly string[]>;
  /**
   * Frees knex's lock that a crash left behind; true when there was one. Refuses while a migration
   * runs.
   */
  unlock(): Promise<boolean>;
}

/** knex types its client as `any`; this is the part used here. */
interface ConnectionSource {
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/**
 * Holds a session-level advisory lock while `work` runs. Two deploys at once take turns: the second
 * waits. The lock goes with its connection, so a killed migration leaves none behind.
 */
async function withAdvisoryLock<Result>(
  { database, log }: MigratorDeps,
  work: () => Promise<Result>,
): Promise<Result> {
  const source = database.client as ConnectionSource;
  const connection = await source.acquireConnection();
  const query = async (text: string) =>
    database.raw<{ rows: { locked: boolean }[] }>(text, [advisoryLock]).connection(connection);
  try {
    for (
      let said = false;
      (await query("select pg_try_advisory_lock(?) as locked")).rows[0]?.locked !== true;
      said = true
    ) {
      if (!said) log.info("another migration is running; waiting for it to end");
      await sleep(250);
    }
    try {
      return await work();
    } finally {
      await query("select pg_advisory_unlock(?) as locked");
    }
  } finally {
    await source.releaseConnection(connection);
  }
}

async function freeKnexLock({ database }: MigratorDeps): Promise<boolean> {
  const exists = await database.schema.hasTable(migrationLockTable);
  return exists && (await database(migrationLockTable).where({ is_locked: 1 }).update({ is_locked: 0 })) > 0;
}

async function retrying<Result>(log: Logger, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !transient.test(codeOf(error))) throw error;
      log.warn({ attempt, code: codeOf(error) }, "migration met a passing fault; trying again");
      await sleep(500 * 2 ** attempt * (0.5 + Math.random() / 2));
    }
  }
}

/**
 * Makes the migrator over `files`. Statement and lock timeouts are those of the database handle.
 */
export function createMigrator(deps: MigratorDeps): Migrator {
  const { database, files, log } = deps;
  const config: Knex.MigratorConfig = {
    migrationSource: migrationSource(files, log),
    tableName: migrationTable,
    // An older release must be able to run beside a newer schema, and modules can be removed.
    disableMigrationsListValidation: true,
  };

  /** We hold the advisory lock, so the process that set knex's own lock is gone. */
  const clearStaleLock = async () => {
    if (await freeKnexLock(deps)) log.warn("freed the lock of a migration that was cut short");
  };

  const locked = <Result>(work: () => Promise<Result>) =>
    retrying(log, () =>
      withAdvisoryLock(deps, async () => {
        await clearStaleLock();
        return work();
      }),
    );

  return {
    up: () =>
      locked(async () => {
        const done: string[] = [];
        for (const name of (await migrationStatus(database, files)).pending) {
          const started = performance.now();
          await database.migrate.up({ ...config, name });
          log.info(
            { migration: name, milliseconds: Math.round(performance.now() - started) },
            "migration applied",
          );
          done.push(name);
        }
        return done;
      }),
    down: () =>
      locked(async () => {
        const { applied, unknown } = await migrationStatus(database, files);
        const newest = applied.filter(({ name }) => !unknown.includes(name)).at(-1);
        if (!newest) return [];
        await database.migrate.down({ ...config, name: newest.name });
        log.info({ migration: newest.name }, "migration taken back");
        return [newest.name];
      }),
    unlock: () => withAdvisoryLock(deps, () => freeKnexLock(deps)),
  };
}
