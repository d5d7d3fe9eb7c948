import { z } from "zod";
import { createAccountStore } from "./accounts/account-store.ts";
import { createThrottle } from "./accounts/throttle.ts";
import type { Database } from "./database/open-database.ts";
import { keepHours } from "./http/idempotency.ts";
import { defineJob, type Job } from "./jobs/job.ts";
import { createSessionStore } from "./sessions/session-store.ts";

/** Clears away what has expired: sessions, codes, throttles, idempotency keys. Hourly. */
export function sweepJob(database: Database): Job {
  return defineJob({
    name: "sweep",
    data: z.unknown(),
    schedule: "17 * * * *",
    run: async () => {
      await createSessionStore(database).sweep();
      await createAccountStore(database).sweep();
      await createThrottle(database).sweep();
      await database("idempotency_keys")
        .where("created_at", "<", database.raw("now() - ? * interval '1 hour'", [keepHours]))
        .delete();
    },
  });
}
