import { z } from "zod";
import { createAccountStore } from "./accounts/account-store.ts";
import { createImportDraftStore } from "./resources/import-draft-store.ts";
import { createThrottle } from "./accounts/throttle.ts";
import { createInvitationStore } from "./accounts/invitation-store.ts";
import type { Database } from "./database/open-database.ts";
import { defineJob, type Job } from "./jobs/job.ts";
import { createSessionStore } from "./sessions/session-store.ts";

/** Rows of one statement: few enough that no other statement waits for it, and that it ends. */
const batch = 5000;

/**
 * Deletes lines of a log that are older than the owner of the database lets them become: requests
 * and jobs have no right to delete one.
 */
async function sweepLog(database: Database, log: "audit_events" | "changes", signal: AbortSignal) {
  let deleted = batch;
  while (deleted === batch && !signal.aborted) {
    const { rows } = await database.raw<{ rows: { deleted: number }[] }>("select ?? () as deleted", [
      `sweep_${log}`,
    ]);
    deleted = rows[0]?.deleted ?? 0;
  }
}

async function sweepKeys(database: Database, hours: number, signal: AbortSignal): Promise<void> {
  let deleted = batch;
  while (deleted === batch && !signal.aborted) {
    const old = database("idempotency_keys")
      .where("created_at", "<", database.raw("now() - ? * interval '1 hour'", [hours]))
      .orderBy("created_at")
      .limit(batch)
      .select("scope", "key");
    deleted = await database("idempotency_keys").whereIn(["scope", "key"], old).delete();
  }
}

/**
 * Clears away what has expired: sessions, codes, counts, keys of repeats, and what is older than
 * its retention. Hourly.
 */
export function sweepJob(database: Database, idempotencyHours: number): Job {
  return defineJob({
    name: "sweep",
    data: z.unknown(),
    schedule: "17 * * * *",
    run: async (_data, { signal }) => {
      await createSessionStore(database).sweep();
      await createAccountStore(database).sweep();
      await createInvitationStore(database).sweep();
      await createThrottle(database).sweep();
      await createImportDraftStore(database).sweep();
      await sweepKeys(database, idempotencyHours, signal);
      await sweepLog(database, "audit_events", signal);
      await sweepLog(database, "changes", signal);
    },
  });
}
