import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { lintForeign } from "./lint-foreign.ts";
import { lintMigrations, type MigrationLint } from "./lint-migrations.ts";
import { migrationFolder } from "./migration-folder.ts";

/** Migrations that the running release has; undefined if nothing runs, or it does not say. */
export type Applied = () => Promise<readonly string[] | undefined>;

/**
 * The application's migrations, at preview as well as at `up`.
 * @returns undefined if nothing is known of them
 * @throws pulumi.RunError with every problem, so that a migration which would break the running
 * release reaches nothing
 */
export async function readMigrations(
  declaration: Declaration,
  applied: Applied,
): Promise<MigrationLint | undefined> {
  const lint = await lintOf(declaration, applied);
  if (lint === undefined) return undefined;
  if (lint.unread.length > 0) {
    const shown = lint.unread.slice(0, 5).map((line) => `  - ${line}`);
    const more = lint.unread.length > 5 ? [`  … and ${lint.unread.length - 5} more`] : [];
    void pulumi.log.warn(
      [
        `Not read: ${lint.unread.length} of ${lint.names.length} migrations. Nobody has checked whether the running release survives them.`,
        ...shown,
        ...more,
      ].join("\n"),
    );
  }
  if (lint.problems.length === 0) return lint;
  const override =
    declaration.runtime === "native" ? `export const override = "…"` : "a comment, berth-override: …";
  throw new pulumi.RunError(
    `These migrations would break or block the release that is running; nothing was changed.
${lint.problems.map((problem) => `  - ${problem}`).join("\n")}
A migration that has to do it says why: ${override}; no release without it can be gone back to then.`,
  );
}

async function lintOf(
  { folder, migrate, runtime }: Declaration,
  applied: Applied,
): Promise<MigrationLint | undefined> {
  if (migrate === undefined) return undefined;
  if (runtime === "native") return lintMigrations(join(folder, migrate.folder ?? "src"));
  const found = migrate.folder ?? migrationFolder(folder);
  if (found === undefined) {
    void pulumi.log.warn(
      "The folder with the application's migrations is not known, so none of them is checked, and releases do not show their schema. Fix: migrate.folder in berth.json",
    );
    return undefined;
  }
  const names = await applied();
  return lintForeign(join(folder, found), names && new Set(names));
}
