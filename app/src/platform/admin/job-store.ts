import type { Database } from "../database/open-database.ts";
import { deadQueue, parentField } from "../jobs/job-queue.ts";

/** A queue in numbers. */
export interface QueueListing {
  readonly name: string;
  readonly ready: number;
  readonly active: number;
  readonly failed: number;
  readonly dead: number;
}

/** A job that failed for good. */
export interface DeadLetter {
  readonly name: string;
  readonly data: object;
  readonly created_on: Date;
  readonly reason: string;
}

/** Dead letters shown at most. */
const pageSize = 100;
const suffix = deadQueue("");

/** A job's data as it was queued: without its trace, because a new try is part of another one. */
const withoutTrace = (database: Database) => database.raw("data - ? as data", [parentField]);

/** The queries of the pages on jobs. Columns of `jobs.job` are pg-boss' documented ones. */
export function createJobStore(database: Database) {
  return {
    async queues(): Promise<QueueListing[]> {
      const { rows } = await database.raw<{ rows: QueueListing[] }>(
        `select q.name,
           count(*) filter (where j.state in ('created', 'retry') and j.name = q.name)::integer as ready,
           count(*) filter (where j.state = 'active' and j.name = q.name)::integer as active,
           count(*) filter (where j.state = 'failed' and j.name = q.name)::integer as failed,
           count(*) filter (where j.state = 'created' and j.name = q.name || :suffix)::integer as dead
         from jobs.queue q left join jobs.job j on j.name in (q.name, q.name || :suffix)
         where not q.name like '%' || :suffix and q.name not like '\\_\\_%'
         group by q.name order by q.name`,
        { suffix },
      );
      return rows;
    },

    /** What failed for good, newest first. */
    async deadLetters(): Promise<DeadLetter[]> {
      return database("jobs.job")
        .whereLike("name", `%${suffix}`)
        .where({ state: "created" })
        .orderBy("created_on", "desc")
        .limit(pageSize)
        .select<DeadLetter[]>(
          "name",
          withoutTrace(database),
          "created_on",
          database.raw("coalesce(output->>'message', '') as reason"),
        );
    },

    /**
     * Takes the dead letters of a queue out and returns their data, to be queued again in the same
     * transaction.
     */
    async takeDead(queue: string, transaction: Database): Promise<readonly object[]> {
      const rows = await transaction("jobs.job")
        .where({ name: deadQueue(queue), state: "created" })
        .delete()
        .returning<{ data: object | null }[]>(withoutTrace(database));
      return rows.map(({ data }) => data ?? {});
    },
  };
}
