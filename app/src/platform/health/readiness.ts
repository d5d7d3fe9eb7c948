import type { MigrationFile } from "../database/migration-source.ts";
import { migrationStatus } from "../database/migration-status.ts";
import type { Database } from "../database/open-database.ts";

type Check = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether this process may get traffic, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<"database" | "migrations" | "drain", Check>>;
}

/** Shorter than the probe's own timeout, so that the answer says what hangs. */
const databaseMilliseconds = 2000;

const ok: Check = { ok: true };

/** Says whether the database answers, this release's migrations are applied, and no drain has begun. */
export function createReadiness(
  database: Database,
  files: readonly MigrationFile[],
  isDraining: () => boolean,
) {
  return async (): Promise<Readiness> => {
    const drain: Check = isDraining() ? { ok: false, reason: "shutting down" } : ok;
    try {
      await database.raw("select 1").timeout(databaseMilliseconds);
      const { pending } = await migrationStatus(database, files);
      const migrations: Check =
        pending.length === 0
          ? ok
          : { ok: false, reason: `not applied: ${pending.join(", ")}. Run \`npx berth migrate up\`.` };
      return { ready: drain.ok && migrations.ok, checks: { database: ok, migrations, drain } };
    } catch {
      // The details (address, role) are in the log of the request that failed; a probe is open to anybody.
      const database: Check = { ok: false, reason: "cannot be reached" };
      return { ready: false, checks: { database, migrations: { ok: false, reason: "unknown" }, drain } };
    }
  };
}
