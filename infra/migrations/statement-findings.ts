import type { Node, ParseResult } from "libpg-query";
import { type AlterContext, ofAlter } from "./alter-findings.ts";
import { all, blocks, breaks, type Finding, Made, nameOf, partsOf, tableOf } from "./finding.ts";
import { ofDrop, ofRename } from "./taken-away.ts";

/**
 * Finds what in a migration's statements is not expand-only: the release before goes on running on
 * the schema while the new one starts, and may have to come back. No release uses tables yet that
 * the same migration made.
 * @param parsed one parse a text, in order
 * @param domains names of the domains with a constraint that this migration and those before it
 * made
 */
export function findings(
  parsed: readonly ParseResult[],
  domains: ReadonlySet<string> = new Set(),
): Finding[] {
  const context = { made: new Made(), domains: new Set([...domains, ...checkedDomains(parsed)]) };
  return statementsOf(parsed).flatMap((node) => ofStatement(node, context));
}

/** All statements of a migration, in order. */
export function statementsOf(parsed: readonly ParseResult[]): readonly Node[] {
  return parsed.flatMap(({ stmts }) => stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
}

/** Names of the domains that these statements make, and that check their values. */
export function checkedDomains(parsed: readonly ParseResult[]): readonly string[] {
  return statementsOf(parsed).flatMap((node) =>
    "CreateDomainStmt" in node && (node.CreateDomainStmt.constraints ?? []).length > 0
      ? [nameOf({ List: { items: node.CreateDomainStmt.domainname ?? [] } })]
      : [],
  );
}

/** Remembers what a statement makes. What is there if it exists may be in use. */
function remember(node: Node, made: Made): void {
  if ("CreateStmt" in node && node.CreateStmt.if_not_exists !== true) made.addTable(node.CreateStmt.relation);
  if ("CreateTableAsStmt" in node && node.CreateTableAsStmt.if_not_exists !== true)
    made.addTable(node.CreateTableAsStmt.into?.rel);
  if ("SelectStmt" in node) made.addTable(node.SelectStmt.intoClause?.rel);
  if ("ViewStmt" in node && node.ViewStmt.replace !== true) made.addTable(node.ViewStmt.view);
  if ("CreateSeqStmt" in node && node.CreateSeqStmt.if_not_exists !== true)
    made.addTable(node.CreateSeqStmt.sequence);
  if ("CreateEnumStmt" in node) made.add((node.CreateEnumStmt.typeName ?? []).flatMap(partsOf));
  if ("CompositeTypeStmt" in node) made.addTable(node.CompositeTypeStmt.typevar);
  if ("CreateDomainStmt" in node) made.add((node.CreateDomainStmt.domainname ?? []).flatMap(partsOf));
  if ("CreateFunctionStmt" in node && node.CreateFunctionStmt.replace !== true)
    made.add((node.CreateFunctionStmt.funcname ?? []).flatMap(partsOf));
}

/** What one statement does; remembers what it makes. */
export function ofStatement(node: Node, context: AlterContext): readonly Finding[] {
  const { made } = context;
  const found = [
    ...ofWrites(node, made),
    ...ofSchema(node, context),
    ...ofLocks(node, made),
    ...ofAccess(node),
  ];
  remember(node, made);
  return found;
}

/** Writes, those of WITH too, of every row at once. */
function ofWrites(node: Node, made: Made): readonly Finding[] {
  type Write = Extract<Node, { UpdateStmt: unknown }>["UpdateStmt"];
  const every = (kind: string) =>
    (all(node, kind) as readonly (Write & Record<string, unknown>)[])
      .filter(({ relation, whereClause }) => whereClause === undefined && !made.hasTable(relation))
      .map(({ relation }) => tableOf(relation));
  return [
    ...every("DeleteStmt").map((table) => breaks(`empties ${table}: delete what nobody uses, in steps`)),
    ...every("UpdateStmt").map((table) =>
      blocks(`writes every row of ${table} in one statement: do it in steps, each with a WHERE`),
    ),
  ];
}

function ofSchema(node: Node, context: AlterContext): readonly Finding[] {
  const { made } = context;
  if ("DropStmt" in node) return ofDrop(node.DropStmt, made);
  if ("RenameStmt" in node) return ofRename(node.RenameStmt, made);
  if ("AlterObjectSchemaStmt" in node) {
    const { relation, object, newschema } = node.AlterObjectSchemaStmt;
    if (made.hasTable(relation) || made.has(partsOf(object))) return [];
    return [
      breaks(
        `moves ${relation ? tableOf(relation) : nameOf(object)} to the schema ${newschema ?? ""}: make a new one there, and drop the old one in a later release`,
      ),
    ];
  }
  if ("AlterEnumStmt" in node) {
    const { oldVal, newVal } = node.AlterEnumStmt;
    return oldVal === undefined
      ? []
      : [
          breaks(
            `renames the value ${oldVal} to ${newVal ?? ""}: add the new value, and stop using the old one`,
          ),
        ];
  }
  if ("AlterDomainStmt" in node) {
    const { subtype, typeName, def } = node.AlterDomainStmt;
    const name = nameOf(typeName?.at(-1));
    if (made.has((typeName ?? []).flatMap(partsOf))) return [];
    if (subtype === "O")
      return [breaks(`sets the domain ${name} NOT NULL: the running release may write none`)];
    if (subtype === "T" && def === undefined)
      return [breaks(`drops the default of the domain ${name}, which the running release may rely on`)];
    const checks =
      subtype === "C" && def !== undefined && "Constraint" in def && !def.Constraint.skip_validation;
    return checks ? [blocks(`checks every row with a column of the domain ${name}: add it NOT VALID`)] : [];
  }
  if ("AlterTableStmt" in node) {
    const { relation, cmds } = node.AlterTableStmt;
    if (made.hasTable(relation)) return [];
    return (cmds ?? []).flatMap((cmd) =>
      "AlterTableCmd" in cmd ? ofAlter(tableOf(relation), cmd.AlterTableCmd, context) : [],
    );
  }
  if ("TruncateStmt" in node) {
    const gone = (node.TruncateStmt.relations ?? []).filter((name) => !made.has(partsOf(name)));
    return gone.map((name) => breaks(`empties ${nameOf(name)}`));
  }
  if ("DropOwnedStmt" in node) return [breaks("drops everything that a role owns: name what is to go")];
  if ("DoStmt" in node || "CallStmt" in node) return [ofBlock(JSON.stringify(node))];
  return [];
}

/** Words of what takes away, as far as a block's text has them. */
const removing = /\b(?:drop|truncate|rename|delete|revoke|alter)\b/i;

function ofBlock(text: string): Finding {
  const what = "runs a block of code, which the preview cannot read: write its statements out";
  return removing.test(text) ? breaks(what) : blocks(what);
}

/** Whether a statement has an option, such as CONCURRENTLY. */
export const option = (params: readonly Node[] | undefined, name: string) =>
  (params ?? []).some((param) => "DefElem" in param && param.DefElem.defname === name);

function ofLocks(node: Node, made: Made): readonly Finding[] {
  if ("IndexStmt" in node) {
    const { relation, concurrent, idxname } = node.IndexStmt;
    if (made.hasTable(relation) || concurrent === true) return [];
    return [
      blocks(
        `creates the index ${idxname ?? ""} on ${tableOf(relation)}, which lets nobody write meanwhile: use CREATE INDEX CONCURRENTLY IF NOT EXISTS, and export const config = { transaction: false }`,
      ),
    ];
  }
  if ("LockStmt" in node) {
    const locked = (node.LockStmt.relations ?? []).filter((name) => !made.has(partsOf(name)));
    return locked.map((name) => blocks(`locks ${nameOf(name)}`));
  }
  if ("ReindexStmt" in node) {
    const { relation, name, params } = node.ReindexStmt;
    if (option(params, "concurrently") || made.hasTable(relation)) return [];
    return [
      blocks(
        `rebuilds ${name ?? tableOf(relation)}, which lets nobody write meanwhile: use REINDEX … CONCURRENTLY, and export const config = { transaction: false }`,
      ),
    ];
  }
  if ("ClusterStmt" in node)
    return [
      blocks(
        `clusters ${tableOf(node.ClusterStmt.relation)}, which rewrites it while nobody reads or writes`,
      ),
    ];
  if ("VacuumStmt" in node && option(node.VacuumStmt.options, "full"))
    return [
      blocks(
        "vacuums FULL, which rewrites tables while nobody reads or writes: a plain VACUUM does for most",
      ),
    ];
  if ("RefreshMatViewStmt" in node) {
    const { relation, concurrent } = node.RefreshMatViewStmt;
    if (concurrent === true || made.hasTable(relation)) return [];
    return [
      blocks(`refreshes ${tableOf(relation)}, which nobody reads meanwhile: use REFRESH … CONCURRENTLY`),
    ];
  }
  if ("CreateTrigStmt" in node && !made.hasTable(node.CreateTrigStmt.relation)) {
    const { trigname, relation } = node.CreateTrigStmt;
    return [
      blocks(
        `creates the trigger ${trigname ?? ""} on ${tableOf(relation)}, which waits for every writer, and then runs for the running release too`,
      ),
    ];
  }
  return [];
}

function ofAccess(node: Node): readonly Finding[] {
  if ("GrantStmt" in node && node.GrantStmt.is_grant !== true) {
    const names = (node.GrantStmt.objects ?? []).map(nameOf).join(", ");
    return [breaks(`revokes rights on ${names}: do it in a release after the one that stops using them`)];
  }
  if ("GrantRoleStmt" in node && node.GrantRoleStmt.is_grant !== true)
    return [breaks("revokes a role: do it in a release after the one that stops using it")];
  if ("AlterOwnerStmt" in node)
    return [
      breaks(
        `gives ${node.AlterOwnerStmt.relation ? tableOf(node.AlterOwnerStmt.relation) : nameOf(node.AlterOwnerStmt.object)} another owner: grant rights instead`,
      ),
    ];
  if ("RuleStmt" in node)
    return [
      breaks(
        `rewrites what is asked of ${tableOf(node.RuleStmt.relation)}: the running release is rewritten too`,
      ),
    ];
  return [];
}
