import type { ColumnDef, Node } from "libpg-query";
import { all, blocks, breaks, type Finding, nameOf } from "./finding.ts";

const serial = /^(?:small|big)?serial$|^serial[248]$/;

/**
 * Functions that give one value for a whole statement, so that a default of them is computed once.
 */
const steady = new Set([
  ...["now", "transaction_timestamp", "statement_timestamp", "timezone", "date_trunc", "date_part"],
  ...["make_date", "make_interval", "make_timestamptz", "to_char", "to_date", "to_timestamp"],
  ...["current_setting", "lower", "upper", "left", "right", "concat", "md5", "round", "floor", "ceil"],
  ...["jsonb_build_object", "jsonb_build_array", "json_build_object", "json_build_array", "to_jsonb"],
  ...["to_json", "array_fill", "int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"],
]);

/**
 * What adding a column does to a table that is in use.
 * @param domains names of types that check their values
 */
export function ofNewColumn(
  table: string,
  definition: ColumnDef,
  domains: ReadonlySet<string>,
): readonly Finding[] {
  const column = `${table}.${definition.colname ?? ""}`;
  const constraints = (definition.constraints ?? []).flatMap((node) =>
    "Constraint" in node ? [node.Constraint] : [],
  );
  const has = (...types: string[]) => constraints.some(({ contype }) => types.includes(contype ?? ""));
  const type = nameOf(definition.typeName && { TypeName: definition.typeName });
  const computed = has("CONSTR_GENERATED", "CONSTR_IDENTITY") || serial.test(type);
  const initial = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT")?.raw_expr;
  return [
    ...(has("CONSTR_NOTNULL", "CONSTR_PRIMARY") && initial === undefined && !computed
      ? [
          breaks(
            `adds ${column} NOT NULL without a default: the running release does not write it; give it a default`,
          ),
        ]
      : []),
    ...(computed
      ? [
          blocks(
            `adds ${column} with values that Postgres computes, which rewrites the table: add a plain column, and fill it in steps`,
          ),
        ]
      : []),
    ...(volatile(initial)
      ? [
          blocks(
            `adds ${column} with a default that differs from row to row, which rewrites the table: add the column, set the default in a second statement, and fill it in steps`,
          ),
        ]
      : []),
    ...(domains.has(type)
      ? [
          blocks(
            `adds ${column} of the domain ${type}, which rewrites the table: add a column of a plain type with a CHECK that is NOT VALID`,
          ),
        ]
      : []),
    ...(has("CONSTR_CHECK", "CONSTR_FOREIGN")
      ? [
          blocks(
            `adds ${column} with a constraint and checks every row under a lock: add the column, then the constraint NOT VALID, and VALIDATE CONSTRAINT in the next migration`,
          ),
        ]
      : []),
    ...(has("CONSTR_UNIQUE", "CONSTR_PRIMARY")
      ? [
          blocks(
            `adds ${column} with an index, which lets nobody write meanwhile: create the index CONCURRENTLY in a statement of its own`,
          ),
        ]
      : []),
  ];
}

/** Whether an expression may give each row another value; a function that is not known may. */
function volatile(expression: Node | undefined): boolean {
  return (all(expression, "FuncCall") as readonly { funcname?: Node[] }[]).some(
    ({ funcname }) => !steady.has(nameOf(funcname?.at(-1))),
  );
}
