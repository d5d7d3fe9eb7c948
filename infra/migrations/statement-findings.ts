import type { AlterTableCmd, AlterTableType, ColumnDef, Constraint, Node, ParseResult } from "libpg-query";

/** What one statement does to those who are using the database. */
export interface Finding {
  /** `breaks` the release that is running; or `blocks` it, for as long as a lock is held or a table rewritten. */
  readonly kind: "breaks" | "blocks";
  /** What was found, and how it is done without. */
  readonly what: string;
}

const breaks = (what: string): Finding => ({ kind: "breaks", what });
const blocks = (what: string): Finding => ({ kind: "blocks", what });

/** Kinds of objects that a running release may be using. */
const used: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_SCHEMA: "schema",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_TYPE: "type",
  OBJECT_FUNCTION: "function",
};

/**
 * Finds what in a migration's statements is not expand-only: the release before goes on running on the schema while
 * the new one starts, and may have to come back. Tables that the same migration made are nobody's yet.
 * @param parsed one parse a text, in order
 */
export function findings(parsed: readonly ParseResult[]): Finding[] {
  const own = new Set<string>();
  return parsed
    .flatMap(({ stmts }) => stmts ?? [])
    .flatMap(({ stmt }) => (stmt === undefined ? [] : ofStatement(stmt, own)));
}

function ofStatement(node: Node, own: Set<string>): Finding[] {
  if ("CreateStmt" in node) {
    own.add(node.CreateStmt.relation?.relname ?? "");
    return [];
  }
  if ("CreateTableAsStmt" in node) {
    own.add(node.CreateTableAsStmt.into?.rel?.relname ?? "");
    return [];
  }
  if ("DropStmt" in node) return ofDrop(node.DropStmt.removeType ?? "", namesOf(node.DropStmt.objects), own);
  if ("RenameStmt" in node) {
    const { relation, renameType, subname, newname } = node.RenameStmt;
    const table = relation?.relname ?? "";
    if (own.has(table) || renameType === "OBJECT_INDEX") return [];
    const old = renameType === "OBJECT_COLUMN" ? `${table}.${subname ?? ""}` : table;
    return [
      breaks(
        `renames ${old} to ${newname ?? ""}: add the new one, fill it, and drop the old one in a later release`,
      ),
    ];
  }
  if ("IndexStmt" in node) {
    const { relation, concurrent, idxname } = node.IndexStmt;
    const table = relation?.relname ?? "";
    if (own.has(table) || concurrent === true) return [];
    return [
      blocks(
        `creates the index ${idxname ?? ""} on ${table}, which lets nobody write meanwhile: use CREATE INDEX CONCURRENTLY, and export const config = { transaction: false }`,
      ),
    ];
  }
  if ("TruncateStmt" in node) {
    const gone = namesOf(node.TruncateStmt.relations).filter((name) => !own.has(name));
    return gone.map((name) => breaks(`empties ${name}`));
  }
  if ("LockStmt" in node) {
    return namesOf(node.LockStmt.relations).map((name) => blocks(`locks ${name}`));
  }
  if ("AlterTableStmt" in node) {
    const table = node.AlterTableStmt.relation?.relname ?? "";
    if (own.has(table)) return [];
    return (node.AlterTableStmt.cmds ?? []).flatMap((cmd) =>
      "AlterTableCmd" in cmd ? ofAlter(table, cmd.AlterTableCmd) : [],
    );
  }
  return [];
}

function ofDrop(type: string, names: readonly string[], own: ReadonlySet<string>): Finding[] {
  const kind = used[type];
  if (kind === undefined) return [];
  return names
    .filter((name) => !own.has(name))
    .map((name) => breaks(`drops the ${kind} ${name}: do it in a release after the one that stops using it`));
}

type Rule = (table: string, command: AlterTableCmd) => Finding[];

const columnOf = (table: string, { name }: AlterTableCmd) => `${table}.${name ?? ""}`;

/** Forms of ALTER TABLE that are not expand-only, or not always; the others are. */
const alterRules: Partial<Record<AlterTableType, Rule>> = {
  AT_DropColumn: (table, command) => [
    breaks(`drops ${columnOf(table, command)}: do it in a release after the one that stops using it`),
  ],
  AT_AlterColumnType: (table, command) => [
    breaks(
      `changes the type of ${columnOf(table, command)}, which rewrites the table: add a column of the new type, fill it, and drop the old one in a later release`,
    ),
  ],
  AT_SetNotNull: (table, command) => [
    breaks(
      `sets ${columnOf(table, command)} NOT NULL: the running release may write none; do it once every release writes it`,
    ),
  ],
  AT_ColumnDefault: (table, command) =>
    // Dropping a default comes without an expression.
    command.def === undefined
      ? [
          breaks(
            `drops the default of ${columnOf(table, command)}, which the running release may rely on: do it in a release after the one that writes it`,
          ),
        ]
      : [],
  AT_AddColumn: (table, { def }) =>
    def !== undefined && "ColumnDef" in def ? ofNewColumn(table, def.ColumnDef) : [],
  AT_AddConstraint: (table, { def }) =>
    def !== undefined && "Constraint" in def ? ofConstraint(table, def.Constraint) : [],
};

function ofAlter(table: string, command: AlterTableCmd): Finding[] {
  return command.subtype === undefined ? [] : (alterRules[command.subtype]?.(table, command) ?? []);
}

function ofNewColumn(table: string, definition: ColumnDef): Finding[] {
  const column = `${table}.${definition.colname ?? ""}`;
  const constraints = (definition.constraints ?? []).flatMap((node) =>
    "Constraint" in node ? [node.Constraint] : [],
  );
  const has = (type: string) => constraints.some(({ contype }) => contype === type);
  const filled = has("CONSTR_DEFAULT") || has("CONSTR_GENERATED") || has("CONSTR_IDENTITY");
  return [
    ...(has("CONSTR_NOTNULL") && !filled
      ? [
          breaks(
            `adds ${column} NOT NULL without a default: the running release does not write it; give it a default`,
          ),
        ]
      : []),
    ...(has("CONSTR_GENERATED") || has("CONSTR_IDENTITY")
      ? [
          blocks(
            `adds ${column} with values that Postgres computes, which rewrites the table: add a plain column, and fill it in steps`,
          ),
        ]
      : []),
    ...(has("CONSTR_UNIQUE") || has("CONSTR_PRIMARY")
      ? [
          blocks(
            `adds ${column} with an index, which lets nobody write meanwhile: create the index CONCURRENTLY in a statement of its own`,
          ),
        ]
      : []),
  ];
}

function ofConstraint(table: string, constraint: Constraint): Finding[] {
  const name = constraint.conname ?? "a constraint";
  const kind = constraint.contype;
  if (kind === "CONSTR_CHECK" || kind === "CONSTR_FOREIGN") {
    if (constraint.skip_validation === true) return [];
    return [
      blocks(
        `adds ${name} to ${table} and checks every row under a lock: add it NOT VALID, and VALIDATE CONSTRAINT in the next migration`,
      ),
    ];
  }
  if (kind === "CONSTR_UNIQUE" || kind === "CONSTR_PRIMARY" || kind === "CONSTR_EXCLUSION") {
    if (constraint.indexname !== undefined) return [];
    return [
      blocks(
        `adds ${name} to ${table} with an index, which lets nobody write meanwhile: create the index CONCURRENTLY, then ADD CONSTRAINT … USING INDEX`,
      ),
    ];
  }
  return [];
}

/** Last parts of the names in a list: `public.customers` is `customers`. */
function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => {
    if ("RangeVar" in node) return node.RangeVar.relname ?? "";
    if ("List" in node) return namesOf(node.List.items).at(-1) ?? "";
    if ("String" in node) return node.String.sval ?? "";
    if ("TypeName" in node) return namesOf(node.TypeName.names).at(-1) ?? "";
    if ("ObjectWithArgs" in node) return namesOf(node.ObjectWithArgs.objname).at(-1) ?? "";
    return "";
  });
}
