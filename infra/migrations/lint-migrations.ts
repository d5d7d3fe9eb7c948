import { readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Knex } from "knex";
import { parse, type ParseResult } from "libpg-query";
import { recordStatements } from "./record-statements.ts";
import type { Finding } from "./finding.ts";
import { halfDone, refusedByServer, serverVersion } from "./server-findings.ts";
import { checkedDomains, findings } from "./statement-findings.ts";

/** What the migrations of one release do, in order of time. */
export interface MigrationLint {
  /** Names of all of them. */
  readonly names: readonly string[];
  /**
   * Names of those that an older release cannot live with, each with a reason given in the file.
   */
  readonly breaking: readonly string[];
  /** What has to be mended before anything is deployed, a line each. */
  readonly problems: readonly string[];
  /** Files that could not be read, each with the reason; only of applications that others wrote. */
  readonly unread: readonly string[];
}

interface MigrationModule {
  readonly up?: (database: Knex) => Promise<unknown>;
  readonly config?: { readonly transaction?: boolean };
  /** Why the migration may do what expand-only forbids. */
  readonly override?: unknown;
}

/**
 * Reads every migration of the application, records the SQL that it would send, and looks for what
 * the running release would not survive: drops, renames, NOT NULL without default, rewritten
 * columns, long locks.
 * @param sources folder with `platform/migrations` and `modules/<name>/migrations`
 */
export async function lintMigrations(sources: string): Promise<MigrationLint> {
  const files = await Promise.all(nativeMigrations(sources).map(readFile));
  const domains = new Set<string>();
  const results = files.map(({ file, ...content }) => {
    if ("problem" in content) return { file, found: [], problems: [content.problem] };
    const result = lintFile(content, domains);
    for (const name of checkedDomains(content.parsed)) domains.add(name);
    return { file, ...result };
  });
  return {
    unread: [],
    names: results.map(({ file }) => nameOf(file)),
    breaking: results
      .filter(({ found }) => found.some(({ kind }) => kind === "breaks"))
      .map(({ file }) => nameOf(file)),
    problems: results.flatMap(({ file, problems }) =>
      problems.map((problem) => `${relative(sources, file)} ${problem}`),
    ),
  };
}

/** What Knex' table calls it, without its ending. */
export const nameOf = (file: string) => basename(file, ".ts");

/** Migrations of berth's own kind of application, in order of time. */
export function nativeMigrations(sources: string): string[] {
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((path) => /(?:^|\/)migrations\/\d{8}_\d{4}_\w+\.ts$/.test(path))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1))
    .map((path) => join(sources, path));
}

/** What a migration would send, parsed. */
export interface Content {
  readonly parsed: readonly ParseResult[];
  readonly module: MigrationModule;
}

/** Reads one migration that knex takes, without a database. */
export async function readFile(file: string): Promise<{ file: string } & (Content | { problem: string })> {
  const firstLine = (error: unknown) =>
    (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  try {
    const imported = (await import(pathToFileURL(file).href)) as MigrationModule & {
      default?: MigrationModule;
    };
    // CommonJS that Node cannot look through has its exports as the default one.
    const module = imported.up === undefined ? (imported.default ?? imported) : imported;
    if (module.up === undefined) return { file, problem: "exports no up" };
    const statements = await recordStatements(module.up);
    const parsed = await Promise.all(
      statements.map((text) =>
        parse(text).catch((error: unknown) => Promise.reject(new UnknownSql(firstLine(error)))),
      ),
    );
    return { file, parsed, module };
  } catch (error) {
    const why = firstLine(error);
    return {
      file,
      problem:
        error instanceof UnknownSql
          ? `sends SQL that Postgres ${serverVersion} does not know: ${why}`
          : `cannot be read without a database: ${why}. A migration imports types only, and says in SQL what it does`,
    };
  }
}

class UnknownSql extends Error {}

/** What one migration does to the release that is running. */
export function lintFile(
  { parsed, module }: Content,
  domains: ReadonlySet<string>,
): { found: readonly Finding[]; problems: readonly string[] } {
  const { override, config } = module;
  const transaction = config?.transaction !== false;
  const refused = refusedByServer(parsed, transaction);
  const found = [...findings(parsed, domains), ...(transaction ? [] : halfDone(parsed))];
  if (override === undefined) return { found, problems: [...refused, ...found.map(({ what }) => what)] };
  const reason = typeof override === "string" ? override.trim() : "";
  const wrong = [
    ...(reason === "" ? ["exports an override without a reason: say why in words"] : []),
    ...(found.length === 0 ? ["exports an override that nothing in it needs: remove it"] : []),
  ];
  return { found, problems: [...refused, ...wrong] };
}
