import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "libpg-query";
import { lintFile, readFile, type Content, type MigrationLint } from "./lint-migrations.ts";
import { migrationFiles, type MigrationFile } from "./migration-folder.ts";
import { checkedDomains } from "./statement-findings.ts";

/** A reason in a comment: `-- berth-override: nothing reads it since March`. */
const override = /berth-override:[ \t]*(.+?)(?:\*\/|-->)?[ \t]*$/m;

/**
 * Reads the migrations of an application that others wrote, as far as that goes without running it.
 * Only those that the running release does not have are looked at for what it would not survive:
 * history is history.
 * @param folder with the migrations
 * @param applied names of those that the running release has; undefined if nothing runs
 */
export async function lintForeign(
  folder: string,
  applied: ReadonlySet<string> | undefined,
): Promise<MigrationLint> {
  const files = migrationFiles(folder);
  const domains = new Set<string>();
  const problems: string[] = [];
  const unread: string[] = [];
  const breaking: string[] = [];
  for (const file of files) {
    const content = await contentOf(file);
    const shown =
      basename(file.path) === "migration.sql" ? `${file.name}/migration.sql` : basename(file.path);
    if (typeof content === "string") {
      unread.push(`${shown}: ${content}`);
      continue;
    }
    const result = lintFile(content, domains);
    for (const name of checkedDomains(content.parsed)) domains.add(name);
    if (result.found.some(({ kind }) => kind === "breaks")) breaking.push(labelled(file.name));
    if (applied !== undefined && !applied.has(labelled(file.name))) {
      problems.push(...result.problems.map((problem) => `${shown} ${problem}`));
    }
  }
  return { names: files.map(({ name }) => labelled(name)), breaking, problems, unread };
}

/** A name as a label of an image holds it, in a list with commas. */
export const labelled = (name: string) => name.replaceAll(/[^\w.-]/g, "_");

/** What a migration does, or why that is not known. */
export async function contentOf({ path, tool }: MigrationFile): Promise<Content | string> {
  if (tool === "db-migrate") return "db-migrate runs it with a driver of its own";
  const text = readFileSync(path, "utf8");
  const [, reason] = override.exec(text) ?? [];
  const given = reason === undefined ? {} : { override: reason };
  if (tool === "knex") {
    const read = await readFile(path);
    return "problem" in read ? read.problem : { ...read, module: { ...read.module, ...given } };
  }
  try {
    return { parsed: [await parse(upwards(text))], module: given };
  } catch (error) {
    return `is no SQL that Postgres knows: ${(error instanceof Error ? error.message : String(error)).split("\n")[0] ?? ""}`;
  }
}

/** The part that migrates up: files of dbmate and goose say how to go back as well. */
function upwards(sql: string): string {
  return sql.split(/^--\s*(?:migrate:down|\+goose Down|Down Migration)\b.*$/im)[0] ?? sql;
}
