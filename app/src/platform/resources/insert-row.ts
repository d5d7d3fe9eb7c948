import type { Database } from "../database/open-database.ts";
import { defineStatement, runStatement, type Statement } from "../database/statement.ts";
import { columnOf, type Resource, type Row } from "./resource.ts";

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/**
 * A field's value as the history keeps it: as JavaScript gets and writes it. A number too long for
 * JavaScript is a text there.
 */
function recorded(resource: Resource, field: string): string {
  const column = `made.${quoted(field)}`;
  const kind = resource.fields[field]?.control.kind;
  if (kind === "moment") return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  if (kind === "number")
    return `case pg_typeof(${column}) when 'numeric'::regtype then to_jsonb(${column}::text) else to_jsonb(${column}) end`;
  return column;
}

/** Postgres' functions take 100 arguments. */
const mostPairs = 50;

function build(resource: Resource, given: readonly string[]): Statement {
  const fields = Object.keys(resource.fields);
  const shown = ["id", ...fields, "createdAt", "updatedAt", "version"].map(
    (name) => `${quoted(columnOf(name))} as ${quoted(name)}`,
  );
  const pairs = fields.map(
    (name) => `${literal(name)}, jsonb_build_array(null, ${recorded(resource, name)})`,
  );
  const history = Array.from(
    { length: Math.ceil(pairs.length / mostPairs) },
    (_, part) => `jsonb_build_object(${pairs.slice(part * mostPairs, (part + 1) * mostPairs).join(", ")})`,
  );
  const columns =
    given.length === 0
      ? "default values"
      : `(${given.map(quoted).join(", ")}) values (${given.map((_column, place) => `$${place + 2}`).join(", ")})`;
  return defineStatement(
    `with made as (insert into ${resource.table.split(".").map(quoted).join(".")} ${columns} returning ${shown.join(", ")}),
      recorded as (insert into changes (resource, row_id, action, actor_id, fields)
        select ${literal(resource.name)}, made.id, 'create', $1::bigint, ${["'{}'::jsonb", ...history].join(" || ")} from made)
    select * from made`,
  );
}

/**
 * Sets of columns whose statements connections keep at most. A schema gives a few; one with many
 * optional fields lets clients choose among very many.
 */
const mostKept = 50;

/** Inserts a row; the values are those of the columns that they are named by. */
export type InsertRow = (
  on: Database,
  values: Readonly<Record<string, unknown>>,
  actorId: number | undefined,
) => Promise<Row>;

/** Makes what inserts a row of a resource and its first line of history, in one statement. */
export function insertRowOf(resource: Resource): InsertRow {
  const kept = new Map<string, Statement>();
  const statementOf = (columns: readonly string[]): Statement => {
    const key = columns.join();
    const known = kept.get(key);
    if (known) return known;
    const made = build(resource, columns);
    if (kept.size >= mostKept) return { text: made.text };
    kept.set(key, made);
    return made;
  };
  return async (on, values, actorId) => {
    const statement = statementOf(Object.keys(values));
    const [row] = await runStatement<Row>(on, statement, [actorId ?? null, ...Object.values(values)]);
    if (!row) throw new Error(`Postgres returned no row for an insert into ${resource.table}.`);
    return row;
  };
}
