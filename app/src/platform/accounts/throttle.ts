import { createHash } from "node:crypto";
import type { Database } from "../database/open-database.ts";
import { tooManyRequests } from "../problems/problems.ts";

/** A budget of attempts. */
export interface Budget {
  readonly attempts: number;
  readonly seconds: number;
}

/** What stands in the table for a key: of one length, whatever the input. */
export function throttleKey(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}

/** Budgets of attempts, by key. */
export interface Throttle {
  /**
   * Counts one attempt. Refusals after the first one of a window write nothing.
   *
   * @param refused called by the first refusal of a window.
   * @throws too-many-requests when the key's budget is used up.
   */
  spend(key: string, budget: Budget, refused?: () => Promise<unknown>): Promise<void>;
  /** Takes one attempt back that was none, or went well. */
  giveBack(key: string): Promise<void>;
  /** Gives the key's whole budget back, after a success. */
  clear(key: string): Promise<void>;
  /** Deletes counts older than a day, and returns how many. */
  sweep(): Promise<number>;
}

/**
 * Counts attempts in Postgres, so that all processes and replicas share one count, and a restart
 * forgets nothing. An attempt is counted before it is made, so that many at once do not slip
 * through, and given back where it went well.
 */
export function createThrottle(database: Database): Throttle {
  return {
    async spend(
      key: string,
      { attempts, seconds }: Budget,
      refused: () => Promise<unknown> = () => Promise.resolve(),
    ): Promise<void> {
      const { rows } = await database.raw<{ rows: { count: number; wait: number; first: boolean }[] }>(
        `with spent as (
           select count, started_at from throttles
           where key = :key and count > :attempts and started_at >= now() - :seconds * interval '1 second'
         ), counted as (
           insert into throttles (key) select :key where not exists (select from spent)
           on conflict (key) do update set
             count = case when throttles.started_at < now() - :seconds * interval '1 second' then 1 else throttles.count + 1 end,
             started_at = case when throttles.started_at < now() - :seconds * interval '1 second' then now() else throttles.started_at end
           returning count, started_at
         )
         select count, first, ceil(:seconds - extract(epoch from now() - started_at))::integer as wait
         from (select *, true as first from counted union all select *, false from spent) as found`,
        { key: throttleKey(key), attempts, seconds },
      );
      const [row] = rows;
      if (!row || row.count <= attempts) return;
      if (row.first && row.count === attempts + 1) await refused();
      const minutes = Math.max(1, Math.ceil(row.wait / 60));
      throw tooManyRequests(
        `Too many attempts. Try again in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`,
        { headers: { "Retry-After": String(Math.max(1, row.wait)) } },
      );
    },

    async giveBack(key: string): Promise<void> {
      await database("throttles")
        .where({ key: throttleKey(key) })
        .where("count", ">", 0)
        .decrement("count");
    },

    async clear(key: string): Promise<void> {
      await database("throttles")
        .where({ key: throttleKey(key) })
        .delete();
    },

    async sweep(): Promise<number> {
      return database("throttles")
        .where("started_at", "<", database.raw("now() - interval '1 day'"))
        .delete();
    },
  };
}
