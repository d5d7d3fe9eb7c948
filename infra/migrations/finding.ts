import type { Node, RangeVar } from "libpg-query";

/** What one statement does to those who are using the database. */
export interface Finding {
  /**
   * `breaks` the release that is running; or `blocks` it, for as long as a lock is held or a table
   * rewritten.
   */
  readonly kind: "breaks" | "blocks";
  /** What was found, and how it is done without. */
  readonly what: string;
}

export const breaks = (what: string): Finding => ({ kind: "breaks", what });
export const blocks = (what: string): Finding => ({ kind: "blocks", what });

/** Parts of a name: `public.customers` is `public` and `customers`. */
export function partsOf(node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if ("RangeVar" in node) return rangeParts(node.RangeVar);
  if ("List" in node) return (node.List.items ?? []).flatMap(partsOf);
  if ("String" in node) return [node.String.sval ?? ""];
  if ("TypeName" in node) return (node.TypeName.names ?? []).flatMap(partsOf);
  if ("ObjectWithArgs" in node) return (node.ObjectWithArgs.objname ?? []).flatMap(partsOf);
  return [];
}

const rangeParts = ({ schemaname, relname }: RangeVar) =>
  schemaname === undefined ? [relname ?? ""] : [schemaname, relname ?? ""];

const lastOf = (parts: readonly string[]) => parts.at(-1) ?? "";

/** Last part of a name. */
export const nameOf = (node: Node | undefined) => lastOf(partsOf(node));

/** Last part of a table's name. */
export const tableOf = (relation: RangeVar | undefined) => relation?.relname ?? "";

/** What the same migration made: nobody is using it yet. */
export class Made {
  readonly #names = new Set<string>();

  /** @param parts a name, with its schema or without */
  add(parts: readonly string[]): void {
    this.#names.add(inSchema(parts));
  }

  /** @param parts as {@link add} takes them */
  has(parts: readonly string[]): boolean {
    return this.#names.has(inSchema(parts));
  }

  addTable(relation: RangeVar | undefined): void {
    if (relation !== undefined) this.add(rangeParts(relation));
  }

  hasTable(relation: RangeVar | undefined): boolean {
    return relation !== undefined && this.has(rangeParts(relation));
  }
}

const inSchema = (parts: readonly string[]) => (parts.length > 1 ? parts : ["public", ...parts]).join(".");

/** All nodes of one kind in a tree, however deep. */
export function all(tree: unknown, kind: string): readonly unknown[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [
    ...(key === kind ? [value as unknown] : []),
    ...all(value, kind),
  ]);
}
