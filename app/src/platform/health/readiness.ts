import { setTimeout as sleep } from "node:timers/promises";
import type { MigrationFile } from "../database/migration-source.ts";
import { migrationStatus } from "../database/migration-status.ts";
import type { Database } from "../database/open-database.ts";

type Check = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether this process may get traffic, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<"database" | "migrations" | "drain" | "storage", Check>>;
}

interface ReadinessDeps {
  readonly database: Database;
  readonly migrations: readonly MigrationFile[];
  readonly isDraining: () => boolean;
  readonly storageProblem: () => Promise<string | undefined>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Shorter than the probe's own timeout, so that the answer says what hangs. */
const databaseMilliseconds = 2000;

/** How long an answer of the database is good for. A drain is seen at once. */
const rememberMilliseconds = 1000;

const ok: Check = { ok: true };

// The details (address, role, folder) are in the log; a probe is open to anybody.
const failed = (reason: string): Check => ({ ok: false, reason });

/** The wait for a connection counts too: knex's own timeout begins with the statement. */
async function inTime<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  const waited = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: waited.signal }).then(() => {
    throw new Error("too late");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    waited.abort();
    for (const abandoned of [work, late]) abandoned.catch(() => undefined);
  }
}

/**
 * Says whether the database answers, this release's migrations are applied, and no drain has begun.
 * Storage that takes no uploads is told and costs no traffic: everything else works.
 */
export function createReadiness({
  database,
  migrations: files,
  isDraining,
  storageProblem,
  now,
}: ReadinessDeps) {
  const databaseChecks = async (): Promise<Pick<Readiness["checks"], "database" | "migrations">> => {
    try {
      const { pending } = await inTime(
        database.raw("select 1").then(() => migrationStatus(database, files)),
        databaseMilliseconds,
      );
      const missing = `not applied: ${pending.join(", ")}. Run \`npx berth migrate up\`.`;
      return { database: ok, migrations: pending.length === 0 ? ok : failed(missing) };
    } catch {
      return { database: failed("cannot be reached"), migrations: failed("unknown") };
    }
  };
  let asked: { readonly at: number; readonly found: Promise<Omit<Readiness["checks"], "drain">> } | undefined;
  const look = async () => {
    const [found, problem] = await Promise.all([databaseChecks(), storageProblem()]);
    return { ...found, storage: problem === undefined ? ok : failed("uploads are not possible") };
  };
  return async (): Promise<Readiness> => {
    // Probes come from many sides, and any client can send them.
    if (asked === undefined || Math.abs(now() - asked.at) >= rememberMilliseconds) {
      asked = { at: now(), found: look() };
    }
    const found = await asked.found;
    const drain = isDraining() ? failed("shutting down") : ok;
    const ready = found.database.ok && found.migrations.ok && drain.ok;
    return { ready, checks: { ...found, drain } };
  };
}
