import { readFile } from "node:fs/promises";
import type { Knex } from "knex";

export const override = "its block of code makes tables in the schema `jobs`, which is its own";

/**
 * The tables of the job queue. Written out, because a migration must not change with a package: an
 * update of pg-boss that needs a newer schema gets a migration of its own, with what
 * `getMigrationPlans` prints from the version in `jobs.version`.
 * src/platform/jobs/job-schema.test.ts fails until there is one.
 */
export async function up(database: Knex): Promise<void> {
  const script = await readFile(new URL("20261121_1010_jobs_create.sql", import.meta.url), "utf8");
  await database.raw(script.replaceAll("?", "\\?"));
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop schema jobs cascade");
}
