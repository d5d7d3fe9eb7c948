import type { AlterTableStmt, Node, ParseResult, RangeVar } from "libpg-query";
import { all, Made, nameOf, partsOf, tableOf } from "./finding.ts";
import { modeOfAlter, modeOfLock, stronger, type LockMode } from "./lock-modes.ts";
import { checkedDomains, ofStatement, option, statementsOf } from "./statement-findings.ts";
import { ofTable } from "./taken-away.ts";

/** A lock that a statement takes on a table which is in use, until its migration ends. */
export interface TableLock {
  readonly table: string;
  readonly mode: LockMode;
}

/** One statement of a migration. */
export interface LockingStatement {
  /** What it does, by names alone: a value may be secret. */
  readonly statement: string;
  readonly locks: readonly TableLock[];
  /** Works on every row meanwhile, or holds them for what follows; others are done in a moment. */
  readonly long: boolean;
}

/**
 * The locks that a migration's statements take on tables that were there before it, as far as their
 * text says: what a dropped key referred to, and what a trigger does, only the server knows.
 * @param parsed one parse a text, in order
 */
export function locksOf(parsed: readonly ParseResult[]): LockingStatement[] {
  const made = new Made();
  const context = { made, domains: new Set(checkedDomains(parsed)) };
  return statementsOf(parsed).flatMap((node) => {
    const locks = new Map<string, LockMode>();
    for (const { mode, table } of locksOfStatement(node, made)) {
      const before = locks.get(table);
      locks.set(table, before === undefined ? mode : stronger(before, mode));
    }
    const long = ofStatement(node, context).some(({ kind }) => kind === "blocks");
    if (locks.size === 0) return [];
    const taken = [...locks].map(([table, mode]) => ({ table, mode }));
    return [{ statement: wordsOf(node), locks: taken, long }];
  });
}

function locksOfStatement(node: Node, made: Made): TableLock[] {
  const on = (relation: RangeVar | undefined, mode: LockMode | undefined): TableLock[] =>
    relation === undefined || mode === undefined || made.hasTable(relation)
      ? []
      : [{ table: tableOf(relation), mode }];
  /** Keys that refer to other tables. */
  const referred = () =>
    (all(node, "Constraint") as readonly { contype?: string; pktable?: RangeVar }[]).flatMap(
      ({ contype, pktable }) => (contype === "CONSTR_FOREIGN" ? on(pktable, "SHARE ROW EXCLUSIVE") : []),
    );
  const written = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"].flatMap((kind) =>
    (all(node, kind) as readonly { relation?: RangeVar }[]).flatMap(({ relation }) =>
      on(relation, "ROW EXCLUSIVE"),
    ),
  );
  return [...written, ...referred(), ...ofDefinition(node, made, on)];
}

type On = (relation: RangeVar | undefined, mode: LockMode | undefined) => TableLock[];

function ofDefinition(node: Node, made: Made, on: On): TableLock[] {
  if ("AlterTableStmt" in node) return ofAlter(node.AlterTableStmt, on);
  if ("CreateStmt" in node) {
    const { inhRelations = [], partbound } = node.CreateStmt;
    const mode = partbound === undefined ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
    return inhRelations.flatMap((parent) => ("RangeVar" in parent ? on(parent.RangeVar, mode) : []));
  }
  if ("IndexStmt" in node) {
    const { concurrent, relation } = node.IndexStmt;
    return on(relation, concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
  }
  if ("DropStmt" in node) return ofDrop(node, made);
  if ("TruncateStmt" in node)
    return (node.TruncateStmt.relations ?? []).flatMap((name) =>
      "RangeVar" in name ? on(name.RangeVar, "ACCESS EXCLUSIVE") : [],
    );
  if ("RenameStmt" in node) {
    const { relation, renameType } = node.RenameStmt;
    // An index is renamed beside everything that its table is used for.
    return renameType === "OBJECT_INDEX" ? [] : on(relation, "ACCESS EXCLUSIVE");
  }
  if ("AlterObjectSchemaStmt" in node) return on(node.AlterObjectSchemaStmt.relation, "ACCESS EXCLUSIVE");
  if ("LockStmt" in node) {
    const mode = modeOfLock(node.LockStmt.mode);
    return (node.LockStmt.relations ?? []).flatMap((name) =>
      "RangeVar" in name ? on(name.RangeVar, mode) : [],
    );
  }
  if ("CreateTrigStmt" in node) return on(node.CreateTrigStmt.relation, "SHARE ROW EXCLUSIVE");
  if ("CreatePolicyStmt" in node) return on(node.CreatePolicyStmt.table, "ACCESS EXCLUSIVE");
  if ("RuleStmt" in node) return on(node.RuleStmt.relation, "ACCESS EXCLUSIVE");
  if ("ViewStmt" in node)
    return node.ViewStmt.replace === true ? on(node.ViewStmt.view, "ACCESS EXCLUSIVE") : [];
  return ofUpkeep(node, on);
}

function ofUpkeep(node: Node, on: On): TableLock[] {
  if ("ReindexStmt" in node) {
    const { params, relation } = node.ReindexStmt;
    return on(relation, option(params, "concurrently") ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
  }
  if ("ClusterStmt" in node) return on(node.ClusterStmt.relation, "ACCESS EXCLUSIVE");
  if ("RefreshMatViewStmt" in node) {
    const { concurrent, relation } = node.RefreshMatViewStmt;
    return on(relation, concurrent === true ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
  }
  if ("VacuumStmt" in node) {
    const mode = option(node.VacuumStmt.options, "full") ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE";
    return (node.VacuumStmt.rels ?? []).flatMap((one) =>
      "VacuumRelation" in one ? on(one.VacuumRelation.relation, mode) : [],
    );
  }
  return [];
}

function ofAlter({ cmds = [], relation }: AlterTableStmt, on: On): TableLock[] {
  return cmds.flatMap((cmd) => {
    if (!("AlterTableCmd" in cmd)) return [];
    const { def, subtype } = cmd.AlterTableCmd;
    const mode = modeOfAlter(cmd.AlterTableCmd);
    const partition = def !== undefined && "PartitionCmd" in def ? def.PartitionCmd.name : undefined;
    const ofPartition = subtype === "AT_AttachPartition" ? "ACCESS EXCLUSIVE" : mode;
    return [...on(relation, mode), ...on(partition, ofPartition)];
  });
}

function ofDrop({ DropStmt }: Extract<Node, { DropStmt: unknown }>, made: Made): TableLock[] {
  const { concurrent, objects = [], removeType = "" } = DropStmt;
  const mode = concurrent === true ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  return objects.flatMap((object): TableLock[] => {
    const parts = partsOf(object);
    const holder = ofTable.has(removeType) ? parts.slice(0, -1) : parts;
    if (made.has(holder)) return [];
    if (removeType === "OBJECT_INDEX") return [{ table: `the table of ${nameOf(object)}`, mode }];
    const relations = ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", ...ofTable];
    return relations.includes(removeType) ? [{ table: holder.at(-1) ?? "", mode }] : [];
  });
}

/** `AT_AddColumn` and `IndexStmt` as words. */
const spaced = (name: string) =>
  name
    .replace(/^AT_|Stmt$/g, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();

/** Words for statements that are known by others than those of their node. */
const called: Readonly<Record<string, string>> = {
  CreateStmt: "create table",
  CreateTrigStmt: "create trigger",
  IndexStmt: "create index",
  LockStmt: "lock table",
  RuleStmt: "create rule",
  ViewStmt: "create view",
};

/** What a statement does, without any value of it. */
function wordsOf(node: Node): string {
  if ("AlterTableStmt" in node) {
    const { cmds = [], relation } = node.AlterTableStmt;
    const each = cmds.flatMap((cmd) => {
      if (!("AlterTableCmd" in cmd)) return [];
      const { def, name, subtype = "" } = cmd.AlterTableCmd;
      const own =
        def !== undefined && "ColumnDef" in def
          ? (name ?? def.ColumnDef.colname)
          : def !== undefined && "Constraint" in def
            ? def.Constraint.conname
            : name;
      return [`${spaced(subtype)} ${own ?? ""}`.trim()];
    });
    return `alter table ${tableOf(relation)}: ${each.join(", ")}`;
  }
  const [kind = ""] = Object.keys(node);
  const words = called[kind] ?? spaced(kind);
  if ("DropStmt" in node)
    return `${words} ${spaced((node.DropStmt.removeType ?? "").replace("OBJECT_", "")).replaceAll("_", " ")} ${(node.DropStmt.objects ?? []).map(nameOf).join(", ")}`;
  if ("IndexStmt" in node)
    return `${words}${node.IndexStmt.concurrent === true ? " concurrently" : ""} ${node.IndexStmt.idxname ?? ""}`.trimEnd();
  const [content] = Object.values(node) as readonly { relation?: RangeVar; relations?: Node[] }[];
  const named = (content?.relations ?? []).map(nameOf).join(", ");
  return `${words} ${named === "" ? tableOf(content?.relation) : named}`.trimEnd();
}
