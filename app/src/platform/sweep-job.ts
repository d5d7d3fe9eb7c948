import { z } from "zod";
import { createAccountStore } from "./accounts/account-store.ts";
import { createThrottle } from "./accounts/throttle.ts";
import { createInvitationStore } from "./accounts/invitation-store.ts";
import type { Database } from "./database/open-database.ts";
import { defineJob, type Job } from "./jobs/job.ts";
import { createSessionStore } from "./sessions/session-store.ts";

/** How long is kept what people did; 0 days are for ever. */
export interface Retention {
  readonly auditDays: number;
  readonly historyDays: number;
  readonly idempotencyHours: number;
}

/** Rows of one statement: few enough that no other statement waits for it, and that it ends. */
const batch = 5000;

/** Deletes the oldest rows by their number, for as long as they are old enough. */
async function sweepOldest(
  database: Database,
  table: "audit_events" | "changes",
  days: number,
  signal: AbortSignal,
): Promise<void> {
  if (days === 0) return;
  let deleted = batch;
  while (deleted === batch && !signal.aborted) {
    // Numbers grow with time, so the oldest rows are found without an index on it.
    const oldest = database(table).select("id", "at").orderBy("id").limit(batch).as("oldest");
    const old = database
      .from(oldest)
      .where("at", "<", database.raw("now() - ? * interval '1 day'", [days]))
      .select("id");
    deleted = await database(table).whereIn("id", old).delete();
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
export function sweepJob(database: Database, retention: Retention): Job {
  return defineJob({
    name: "sweep",
    data: z.unknown(),
    schedule: "17 * * * *",
    run: async (_data, { signal }) => {
      await createSessionStore(database).sweep();
      await createAccountStore(database).sweep();
      await createInvitationStore(database).sweep();
      await createThrottle(database).sweep();
      await sweepKeys(database, retention.idempotencyHours, signal);
      await sweepOldest(database, "audit_events", retention.auditDays, signal);
      await sweepOldest(database, "changes", retention.historyDays, signal);
    },
  });
}
