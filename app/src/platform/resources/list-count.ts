import type { Database } from "../database/open-database.ts";
import { filtersOf, type Selection } from "./list-query.ts";
import { narrowedRows } from "./list-rows.ts";
import { columnOf, type Resource } from "./resource.ts";

/** How many rows a selection has. */
export interface Count {
  readonly rows: number;
  /** Whether they were counted; otherwise it is the planner's estimate. */
  readonly exact: boolean;
}

/** By field, its values with how often each occurs, the most frequent first. */
export type ValueCounts = Readonly<Record<string, readonly (readonly [value: string, rows: number])[]>>;

/** Rows that are counted at most, where an index alone tells. */
const mostCounted = 1000;
/** Rows that are looked at at most, one page of the table each. */
const mostRead = 150;
/** Values counted of one field. */
const mostValues = 12;

/** What the planner thinks, from its statistics. It reads no row. */
async function estimate(database: Database, resource: Resource, query: Selection): Promise<number> {
  const { sql, bindings } = narrowedRows(database, resource, query).select("id").toSQL();
  const { rows } = await database.raw<{ rows: { "QUERY PLAN": { Plan: { "Plan Rows": number } }[] }[] }>(
    `explain (format json) ${sql}`,
    [...bindings] as string[],
  );
  return rows[0]?.["QUERY PLAN"][0]?.Plan["Plan Rows"] ?? 0;
}

/** Counts a selection up to a limit, and estimates beyond it. */
export async function countRows(database: Database, resource: Resource, query: Selection): Promise<Count> {
  const conditions = [
    query.search ?? "",
    ...query.filters,
    ...(query.bounds ?? []),
    ...(query.emptiness ?? []),
  ];
  // One condition is served by its index alone; several, and words, read the rows themselves.
  const cheap = conditions.length <= 2 && !query.search;
  const most = cheap ? mostCounted : mostRead;
  const expected = await estimate(database, resource, query);
  if (expected > 2 * most) return { rows: expected, exact: false };
  const some = narrowedRows(database, resource, query)
    .select("id")
    .limit(most + 1);
  const counted = await database(some.as("some")).count<{ count: number | string }[]>("* as count");
  const rows = Number(counted[0]?.count ?? 0);
  return rows > most ? { rows: Math.max(rows, expected), exact: false } : { rows, exact: true };
}

/** Counts the values of a small selection, in one query. */
export async function countValues(
  database: Database,
  resource: Resource,
  query: Selection,
): Promise<ValueCounts> {
  const asked = new Set(query.filters.map(([name]) => name));
  const fields = filtersOf(resource).filter(
    (name) => !asked.has(name) && resource.fields[name]?.control.kind !== "reference",
  );
  if (fields.length === 0) return {};
  const columns = fields.map(columnOf);
  const some = narrowedRows(database, resource, query)
    .select(columns)
    .limit(mostRead + 1);
  const found = await some.then((rows: Record<string, unknown>[]) => rows);
  if (found.length > mostRead) return {};
  return Object.fromEntries(
    fields.map((name) => {
      const counts = new Map<string, number>();
      for (const row of found) {
        const value = row[columnOf(name)];
        if (value === null || value === "" || value === undefined) continue;
        const text = typeof value === "string" ? value : JSON.stringify(value);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      const most = [...counts].sort(([, one], [, other]) => other - one).slice(0, mostValues);
      return [name, most];
    }),
  );
}
