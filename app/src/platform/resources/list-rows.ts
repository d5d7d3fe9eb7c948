import type { Knex } from "knex";
import { z } from "zod";
import type { Database } from "../database/open-database.ts";
import type { ListQuery, Selection } from "./list-query.ts";
import { columnOf, type Resource } from "./resource.ts";
import { searchCondition } from "./search-words.ts";

/** Kinds of control whose field is empty also with an empty text. */
const texts: ReadonlySet<string> = new Set(["text", "email", "textarea"]);

/** The rows of a selection. */
export function narrowedRows(database: Database, resource: Resource, query: Selection): Knex.QueryBuilder {
  const rows = database(resource.table);
  for (const [name, value] of query.filters) void rows.where(columnOf(name), value);
  for (const { field, end, value } of query.bounds ?? [])
    void rows.where(columnOf(field), end === "from" ? ">=" : "<=", value);
  for (const [name, empty] of query.emptiness ?? []) {
    const column = columnOf(name);
    const text = texts.has(resource.fields[name]?.control.kind ?? "");
    // One value alone is served by the index in the order of ids; two of them are not.
    const nullable = z.safeParse(resource.schema.shape[name] as z.ZodType, null).success;
    if (!empty) void (text ? rows.where(column, "<>", "") : rows.whereNotNull(column));
    else if (!text) void rows.whereNull(column);
    else if (nullable) void rows.whereRaw("(?? is null or ?? = '')", [column, column]);
    else void rows.where(column, "");
  }
  const condition =
    query.search === undefined || query.search === "" ? undefined : searchCondition(resource, query.search);
  if (condition) void rows.whereRaw(condition[0], [...condition[1]]);
  return rows;
}

/**
 * Rows from a cursor on, or backwards from it. Compares (column, id) as one, which an index on both
 * serves from any page at the same cost.
 */
export function ordered(
  rows: Knex.QueryBuilder,
  { sort, descending, after, before }: Pick<ListQuery, "sort" | "descending" | "after" | "before">,
): Knex.QueryBuilder {
  const down = before ? !descending : descending;
  const direction = down ? "desc" : "asc";
  const beyond = down ? "<" : ">";
  const from = before ?? after;
  if (sort === "id") {
    if (from) void rows.where("id", beyond, from.id);
    return rows.orderBy("id", direction);
  }
  const column = columnOf(sort);
  if (from) void rows.whereRaw(`(??, id) ${beyond} (?, ?)`, [column, from.value, from.id]);
  return rows.orderBy([
    { column, order: direction },
    { column: "id", order: direction },
  ]);
}
