import type { DropStmt, ObjectType, RenameStmt } from "libpg-query";
import { blocks, breaks, type Finding, type Made, nameOf, partsOf, tableOf } from "./finding.ts";

/** Kinds whose names are not the words of their object type. */
const words: Partial<Record<ObjectType, string>> = { OBJECT_MATVIEW: "materialized view" };

const wordOf = (type: ObjectType | undefined) =>
  (type && words[type]) ?? (type ?? "").replace("OBJECT_", "").replaceAll("_", " ").toLowerCase();

/** Kinds whose names end with the object's, behind that of its table. */
export const ofTable: ReadonlySet<string> = new Set(["OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY"]);

/** DROP of anything but statistics, which nothing but the planner reads. */
export function ofDrop({ removeType, objects, concurrent }: DropStmt, made: Made): readonly Finding[] {
  if (removeType === "OBJECT_STATISTIC_EXT" || concurrent === true) return [];
  return (objects ?? [])
    .filter((object) => {
      const parts = partsOf(object);
      return !made.has(ofTable.has(removeType ?? "") ? parts.slice(0, -1) : parts);
    })
    .map((object) =>
      removeType === "OBJECT_INDEX"
        ? blocks(
            `drops the index ${nameOf(object)}, for which nobody reads or writes its table: use DROP INDEX CONCURRENTLY IF EXISTS, and export const config = { transaction: false }`,
          )
        : breaks(
            `drops the ${wordOf(removeType)} ${nameOf(object)}: do it in a release after the one that stops using it`,
          ),
    );
}

/** Kinds that no query names. */
const unnamed: ReadonlySet<string> = new Set([
  ...["OBJECT_INDEX", "OBJECT_TABCONSTRAINT", "OBJECT_DOMCONSTRAINT"],
  ...["OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY", "OBJECT_STATISTIC_EXT"],
]);

/** RENAME of what a query may name. */
export function ofRename(
  { relation, object, renameType, subname, newname }: RenameStmt,
  made: Made,
): readonly Finding[] {
  if (unnamed.has(renameType ?? "") || made.hasTable(relation) || made.has(partsOf(object))) {
    if (renameType === "OBJECT_TABLE" && relation !== undefined)
      made.addTable({ ...relation, relname: newname ?? "" });
    return [];
  }
  const whole = relation === undefined ? nameOf(object) : tableOf(relation);
  const old = [whole, subname ?? ""].filter((part) => part !== "").join(".");
  return [
    breaks(
      `renames ${old} to ${newname ?? ""}: add the new one, fill it, and drop the old one in a later release`,
    ),
  ];
}
