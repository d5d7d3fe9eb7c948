import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { tablesOf } from "./migration-tables.ts";
import { camel, singular } from "./module-template.ts";

const wellFormed = /^(?=.{1,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** Words that Postgres 17 takes for no table's name: `reserved` in appendix C of its manual. */
export const sqlWords: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
   column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
   current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
   from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
   localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
   returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
   unique user using variadic verbose when where window with`.split(/\s+/),
);

/** What the files of a new module have under these names themselves. */
const ownNames: ReadonlySet<string> = new Set(["module", "z", "defineResource"]);

/** Whether a JavaScript module can have a constant of this name. */
function isIdentifier(name: string): boolean {
  try {
    new Script(`"use strict"; async () => { const ${name} = 0; }`);
    return true;
  } catch {
    return false;
  }
}

/** First parts of the addresses that the platform serves itself, under /admin and /api/v1. */
function platformAddresses(app: string): ReadonlySet<string> {
  const folder = join(app, "src", "platform");
  const files = globSync("**/*.ts", { cwd: folder }).filter((file) => !file.endsWith(".test.ts"));
  const address = /["'`]\/(?:admin|api\/v1)\/([a-z][a-z0-9-]*)/g;
  return new Set(
    files.flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(address)].map(([, name = ""]) => name),
    ),
  );
}

function existingTables(app: string): ReadonlySet<string> {
  const modules = join(app, "src", "modules");
  const folders = existsSync(modules) ? readdirSync(modules).map((name) => join(modules, name)) : [];
  const owners = [join(app, "src", "platform"), ...folders];
  return new Set(owners.flatMap((folder) => tablesOf(join(folder, "migrations"))));
}

/** Why each name cannot be a module's; `undefined` for one that can. */
function createCheck(app: string): (name: string) => string | undefined {
  const addresses = platformAddresses(app);
  const tables = existingTables(app);
  return (name) => {
    const table = name.replaceAll("-", "_");
    if (!wellFormed.test(name)) return "it is not small letters, digits and dashes, 40 at most";
    if (existsSync(join(app, "src", "modules", name))) return `app/src/modules/${name} exists already`;
    if (tables.has(table)) return `there is a table ${table} already`;
    if (addresses.has(name)) return `the platform has pages of its own there`;
    if (sqlWords.has(table)) return `${table} is a reserved word of SQL`;
    if (ownNames.has(camel(name)) || !isIdentifier(camel(name)))
      return `${camel(name)} is a reserved word in a module's files`;
    return undefined;
  };
}

/**
 * Whether a module can have this name.
 *
 * @param app folder of the application.
 * @returns why not, and which would do; `undefined` when it can.
 */
export function moduleNameProblem(app: string, name: string): string | undefined {
  const check = createCheck(app);
  const reason = check(name);
  if (reason === undefined) return undefined;
  const wanted = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-0-9]+|-+$/g, "");
  const candidates = [wanted, `${singular(wanted)}s`, `${singular(wanted)}-records`, "orders", "order-items"];
  const other = candidates.find((candidate) => check(candidate) === undefined);
  return `A module cannot be called ${JSON.stringify(name)}: ${reason}.${other ? ` Take another name: ${other} would do.` : ""}`;
}
