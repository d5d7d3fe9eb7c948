import * as pulumi from "@pulumi/pulumi";
import { lintMigrations, type MigrationLint } from "./lint-migrations.ts";

/**
 * The application's migrations, at preview as well as at `up`.
 * @param sources as {@link lintMigrations} takes it
 * @throws pulumi.RunError with every problem, so that a migration which would break the running
 * release reaches nothing
 */
export async function readMigrations(sources: string): Promise<MigrationLint> {
  const lint = await lintMigrations(sources);
  if (lint.problems.length === 0) return lint;
  throw new pulumi.RunError(
    `These migrations would break or block the release that is running; nothing was changed.
${lint.problems.map((problem) => `  - ${problem}`).join("\n")}
A migration that has to do it says why: export const override = "…"; no release without it can be gone back to then.`,
  );
}
