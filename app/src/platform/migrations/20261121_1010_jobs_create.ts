import type { Knex } from "knex";
import { getConstructionPlans } from "pg-boss";

/**
 * The tables of the job queue, schema `jobs`, as the pinned pg-boss wants them. When an update of pg-boss needs a newer
 * schema, a new migration applies `getMigrationPlans` from the version in `jobs.version`, unless that is current
 * already; src/platform/jobs/job-queue.test.ts fails until there is one.
 */
export async function up(database: Knex): Promise<void> {
  // Its script brings its own BEGIN and COMMIT; knex already has a transaction open.
  const script = getConstructionPlans("jobs").replaceAll(/^\s*(?:BEGIN|COMMIT);\s*$/gm, "");
  await database.raw(script.replaceAll("?", "\\?"));
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop schema jobs cascade");
}
