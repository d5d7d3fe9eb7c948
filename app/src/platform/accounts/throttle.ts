import type { Database } from "../database/open-database.ts";
import { tooManyRequests } from "../problems/problems.ts";

/** A budget of attempts. */
export interface Budget {
  readonly attempts: number;
  readonly seconds: number;
}

export type Throttle = ReturnType<typeof createThrottle>;

/** Counts attempts in Postgres, so that all processes and replicas share one count, and a restart forgets nothing. */
export function createThrottle(database: Database) {
  return {
    /**
     * Counts one attempt on each key.
     *
     * @throws too-many-requests when a key's budget is used up.
     */
    async spend(keys: readonly string[], { attempts, seconds }: Budget): Promise<void> {
      for (const key of keys) {
        const { rows } = await database.raw<{ rows: { count: number; wait: number }[] }>(
          `insert into throttles (key) values (:key)
           on conflict (key) do update set
             count = case when throttles.started_at < now() - :seconds * interval '1 second' then 1 else throttles.count + 1 end,
             started_at = case when throttles.started_at < now() - :seconds * interval '1 second' then now() else throttles.started_at end
           returning count, ceil(:seconds - extract(epoch from now() - started_at))::integer as wait`,
          { key, seconds },
        );
        const [row] = rows;
        if (row && row.count > attempts) {
          throw tooManyRequests(`Too many attempts. Try again in ${Math.ceil(row.wait / 60)} minutes.`, {
            headers: { "Retry-After": String(Math.max(1, row.wait)) },
          });
        }
      }
    },

    /** Gives the budget of the keys back, after a success. */
    async clear(keys: readonly string[]): Promise<void> {
      await database("throttles").whereIn("key", keys).delete();
    },

    /** Deletes counts older than a day. */
    async sweep(): Promise<number> {
      return database("throttles")
        .where("started_at", "<", database.raw("now() - interval '1 day'"))
        .delete();
    },
  };
}
