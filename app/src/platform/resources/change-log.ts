import type { Database } from "../database/open-database.ts";

/** One recorded change of a row. */
export interface Change {
  readonly id: number;
  readonly rowId: number;
  readonly at: Date;
  readonly action: "create" | "update" | "delete";
  readonly actor: string | null;
  /** By field: before and after. */
  readonly fields: Readonly<Record<string, readonly [unknown, unknown]>>;
}

/** What differs between two versions of a row; either may be missing. */
export function difference(
  before: Readonly<Record<string, unknown>> | undefined,
  after: Readonly<Record<string, unknown>> | undefined,
  fields: readonly string[],
): Record<string, readonly [unknown, unknown]> {
  const changed = fields.filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]));
  return Object.fromEntries(changed.map((name) => [name, [before?.[name] ?? null, after?.[name] ?? null]]));
}

interface NewChange {
  readonly resource: string;
  readonly rowId: number;
  readonly action: Change["action"];
  readonly actorId: number | undefined;
  readonly fields: Change["fields"];
}

/** Records changes, in the transaction that makes them. */
export async function recordChanges(transaction: Database, changes: readonly NewChange[]): Promise<void> {
  if (changes.length === 0) return;
  await transaction("changes").insert(
    changes.map(({ resource, rowId, action, actorId, fields }) => ({
      resource,
      row_id: rowId,
      action,
      actor_id: actorId ?? null,
      fields: JSON.stringify(fields),
    })),
  );
}

function newestFirst(database: Database, resource: string, limit: number) {
  return database("changes as c")
    .leftJoin("users as u", "u.id", "c.actor_id")
    .where({ "c.resource": resource })
    .orderBy("c.id", "desc")
    .limit(limit)
    .select<Change[]>("c.id", "c.row_id as rowId", "c.at", "c.action", "u.email as actor", "c.fields");
}

/** The newest changes of a row, newest first. */
export async function changesOf(
  database: Database,
  resource: string,
  rowId: number,
  limit = 100,
): Promise<Change[]> {
  return newestFirst(database, resource, limit).where({ "c.row_id": rowId });
}

/**
 * A page of the deletions of a resource's rows, newest first.
 *
 * @param before `next` of the page before.
 */
export async function deletionsOf(
  database: Database,
  resource: string,
  before: number | undefined,
  limit = 50,
): Promise<{ readonly changes: readonly Change[]; readonly next: number | undefined }> {
  const query = newestFirst(database, resource, limit + 1).where({ "c.action": "delete" });
  const found = await (before === undefined ? query : query.where("c.id", "<", before));
  const changes = found.slice(0, limit);
  return { changes, next: found.length > limit ? changes.at(-1)?.id : undefined };
}
