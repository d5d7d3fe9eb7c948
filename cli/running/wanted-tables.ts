import { CommandError, exitCode } from "../../system/exit-code.ts";
import type { Fetched } from "./restore-work.ts";

/** Options of `berth restore` that copy tables. */
interface FetchOptions {
  readonly into?: string;
  readonly table: readonly string[];
  readonly where?: string;
}

const name = /^[a-z_][a-z0-9_]*$/;
const table = /^(?:[a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/;

/**
 * Which tables are to be copied out of a restored moment; undefined if none are.
 * @throws CommandError with everything that is wrong
 */
export function wantedTables(
  action: string,
  { into, table: tables, where }: FetchOptions,
): Fetched | undefined {
  if (into === undefined && tables.length === 0 && where === undefined) return undefined;
  const own = into === undefined || !name.test(into) || into === "public" || into.startsWith("pg_");
  const problems = [
    ...(action === "prepare" ? [] : [`--into does not go with ${action}`]),
    ...(own ? ["--into names the schema that the tables go to, a new one such as found"] : []),
    ...(tables.length === 0 ? ["--table names a table, such as customers"] : []),
    ...tables
      .filter((one) => !table.test(one))
      .map((one) => `--table: "${one}" is no name of a table, such as customers or audit.events`),
  ];
  if (problems.length > 0)
    throw new CommandError(`Nothing was fetched: ${problems.join("; ")}.`, exitCode.usage);
  return { into: into ?? "", tables, where };
}
