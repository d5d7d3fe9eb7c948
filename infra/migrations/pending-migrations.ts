import { join } from "node:path";
import type { Declaration } from "../../declaration/read-declaration.ts";
import { contentOf, labelled } from "./lint-foreign.ts";
import { nameOf, nativeMigrations, readFile, type Content } from "./lint-migrations.ts";
import { migrationFiles, migrationFolder } from "./migration-folder.ts";
import { locksOf, type LockingStatement } from "./statement-locks.ts";

/** A migration that the next release brings. */
export interface PendingMigration {
  readonly name: string;
  /** Its statements that lock a table which is there already. */
  readonly statements: readonly LockingStatement[];
  /** Why it may break or block the running release; undefined if it does no such thing. */
  readonly override?: string;
  /** Why its statements are not known; undefined if they are. */
  readonly unread?: string;
}

/**
 * The migrations of an application that a schema does not have yet, in the order in which they run.
 * @param applied names of those that it has
 */
export async function pendingMigrations(
  { folder, migrate, runtime }: Declaration,
  applied: ReadonlySet<string>,
): Promise<PendingMigration[]> {
  if (migrate === undefined) return [];
  const pending: PendingMigration[] = [];
  if (runtime === "native") {
    for (const file of nativeMigrations(join(folder, migrate.folder ?? "src"))) {
      if (applied.has(nameOf(file))) continue;
      const content = await readFile(file);
      pending.push(pendingOf(nameOf(file), "problem" in content ? content.problem : content));
    }
    return pending;
  }
  const found = migrate.folder ?? migrationFolder(folder);
  if (found === undefined) return [];
  for (const file of migrationFiles(join(folder, found))) {
    if (!applied.has(labelled(file.name))) pending.push(pendingOf(file.name, await contentOf(file)));
  }
  return pending;
}

function pendingOf(name: string, content: Content | string): PendingMigration {
  if (typeof content === "string") return { name, statements: [], unread: content };
  const { override } = content.module;
  return {
    name,
    statements: locksOf(content.parsed),
    ...(typeof override === "string" ? { override } : {}),
  };
}
