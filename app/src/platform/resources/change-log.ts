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

/** How often a row has changed: more than any version that it has had. */
export async function countChanges(database: Database, resource: string, rowId: number): Promise<number> {
  const [found] = await database("changes")
    .where({ resource, row_id: rowId })
    .count<{ count: number | string }[]>("* as count");
  return Number(found?.count ?? 0);
}

/** What a page of the history of all rows is asked for. */
export interface HistoryQuery {
  /** Those that the person may see. */
  readonly resources: readonly string[];
  readonly action?: Change["action"] | undefined;
  /** Whole e-mail address of who made the changes, whatever its case. */
  readonly actor?: string | undefined;
  /** `next` of the page before. */
  readonly before?: number | undefined;
}

/** A change of any resource's row. */
export interface ChangeOfAny extends Change {
  readonly resource: string;
}

/** A page of the changes of all rows, newest first. */
export async function recentChanges(
  database: Database,
  { resources, action, actor, before }: HistoryQuery,
  limit = 50,
): Promise<{ readonly changes: readonly ChangeOfAny[]; readonly next: number | undefined }> {
  const query = database("changes as c")
    .leftJoin("users as u", "u.id", "c.actor_id")
    .whereIn("c.resource", resources)
    .orderBy("c.id", "desc")
    .limit(limit + 1);
  if (action) void query.where("c.action", action);
  if (actor)
    void query.where(
      "c.actor_id",
      database("users").whereRaw("lower(email) = lower(?)", [actor]).select("id"),
    );
  if (before !== undefined) void query.where("c.id", "<", before);
  const found = await query.select<ChangeOfAny[]>(
    "c.id",
    "c.resource",
    "c.row_id as rowId",
    "c.at",
    "c.action",
    "u.email as actor",
    "c.fields",
  );
  const changes = found.slice(0, limit);
  return { changes, next: found.length > limit ? changes.at(-1)?.id : undefined };
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
