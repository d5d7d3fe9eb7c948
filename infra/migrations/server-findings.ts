import type { Node, ParseResult } from "libpg-query";
import { all, blocks, type Finding, nameOf } from "./finding.ts";
import { statementsOf } from "./statement-findings.ts";

/** Major version of the stacks' Postgres, whose grammar the parser has to be of. */
export const serverVersion = 17;

/**
 * Functions that came with the major version after the server's, which no grammar tells from one of
 * the application's.
 * https://www.postgresql.org/docs/18/release-18.html#RELEASE-18-FUNCTIONS
 */
const tooNew = new Set([
  ...["uuidv4", "uuidv7", "array_sort", "array_reverse", "casefold", "crc32", "crc32c", "gamma", "lgamma"],
]);

/** What the server would refuse: no reason makes it work. */
export function refusedByServer(parsed: readonly ParseResult[], transaction: boolean): readonly string[] {
  const statements = statementsOf(parsed);
  const namesIn = (kind: string) =>
    (all(statements, kind) as readonly { funcname?: Node[] }[]).map(({ funcname }) =>
      nameOf(funcname?.at(-1)),
    );
  const made = namesIn("CreateFunctionStmt");
  const missing = new Set(namesIn("FuncCall").filter((name) => tooNew.has(name) && !made.includes(name)));
  return [
    ...[...missing].map((name) => `calls ${name}(), which Postgres ${serverVersion} does not have`),
    ...(transaction && statements.some(needsNone)
      ? [
          "does in a transaction what Postgres does outside of one only: export const config = { transaction: false }, and make it a migration of its own",
        ]
      : []),
  ];
}

/** Statements that can be sent again, whatever the first time did. */
const repeatable = ["SelectStmt", "UpdateStmt", "DeleteStmt", "VariableSetStmt", "VacuumStmt"] as const;

/** A migration without a transaction that cannot go on where it stopped. */
export function halfDone(parsed: readonly ParseResult[]): readonly Finding[] {
  const once = statementsOf(parsed).filter((node) => !repeatable.some((kind) => kind in node));
  return once.length < 2
    ? []
    : [
        blocks(
          `changes the schema ${once.length} times without a transaction: when one change fails, those before it cannot be sent again; make a migration of each`,
        ),
      ];
}

const needsNone = (node: Node) =>
  ("IndexStmt" in node && node.IndexStmt.concurrent === true) ||
  ("DropStmt" in node && node.DropStmt.concurrent === true) ||
  "VacuumStmt" in node ||
  ("ReindexStmt" in node &&
    (node.ReindexStmt.params ?? []).some(
      (param) => "DefElem" in param && param.DefElem.defname === "concurrently",
    ));
