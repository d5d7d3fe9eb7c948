import { readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Knex } from "knex";
import { parse } from "libpg-query";
import { recordStatements } from "./record-statements.ts";
import { findings, type Finding } from "./statement-findings.ts";

/** What the migrations of one release do, in order of time. */
export interface MigrationLint {
  /** Names of all of them. */
  readonly names: readonly string[];
  /** Names of those that an older release cannot live with, each with a reason given in the file. */
  readonly breaking: readonly string[];
  /** What has to be mended before anything is deployed, a line each. */
  readonly problems: readonly string[];
}

interface MigrationModule {
  readonly up?: (database: Knex) => Promise<unknown>;
  /** Why the migration may do what expand-only forbids. */
  readonly override?: unknown;
}

/**
 * Reads every migration of the application, records the SQL that it would send, and looks for what the running release
 * would not survive: drops, renames, NOT NULL without default, rewritten columns, long locks.
 * @param sources folder with `platform/migrations` and `modules/<name>/migrations`
 */
export async function lintMigrations(sources: string): Promise<MigrationLint> {
  const files = migrationFiles(sources);
  const results = await Promise.all(files.map(async (file) => ({ file, ...(await lintFile(file)) })));
  return {
    names: results.map(({ file }) => nameOf(file)),
    breaking: results
      .filter(({ found }) => found.some(({ kind }) => kind === "breaks"))
      .map(({ file }) => nameOf(file)),
    problems: results.flatMap(({ file, problems }) =>
      problems.map((problem) => `${relative(sources, file)} ${problem}`),
    ),
  };
}

const nameOf = (file: string) => basename(file, ".ts");

function migrationFiles(sources: string): string[] {
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((path) => /(?:^|\/)migrations\/\d{8}_\d{4}_\w+\.ts$/.test(path))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1))
    .map((path) => join(sources, path));
}

async function lintFile(file: string): Promise<{ found: readonly Finding[]; problems: readonly string[] }> {
  try {
    const { up, override } = (await import(pathToFileURL(file).href)) as MigrationModule;
    if (up === undefined) return { found: [], problems: ["exports no up"] };
    const statements = await recordStatements(up);
    const found = findings(await Promise.all(statements.map((text) => parse(text))));
    if (override === undefined) return { found, problems: found.map(({ what }) => what) };
    const reason = typeof override === "string" ? override.trim() : "";
    const wrong = [
      ...(reason === "" ? ["exports an override without a reason: say why in words"] : []),
      ...(found.length === 0 ? ["exports an override that nothing in it needs: remove it"] : []),
    ];
    return { found, problems: wrong };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      found: [],
      problems: [
        `cannot be read without a database: ${why.split("\n")[0] ?? ""}. A migration imports types only, and says in SQL what it does`,
      ],
    };
  }
}
