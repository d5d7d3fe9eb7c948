import type { Database } from "../database/open-database.ts";

/** One recorded change of a row. */
export interface Change {
  readonly id: number;
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

/** The newest changes of a row, newest first. */
export async function changesOf(
  database: Database,
  resource: string,
  rowId: number,
  limit = 100,
): Promise<Change[]> {
  return database("changes as c")
    .leftJoin("users as u", "u.id", "c.actor_id")
    .where({ "c.resource": resource, "c.row_id": rowId })
    .orderBy("c.id", "desc")
    .limit(limit)
    .select<Change[]>("c.id", "c.at", "c.action", "u.email as actor", "c.fields");
}
