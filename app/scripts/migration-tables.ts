import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Tables that the migrations of a folder make, those first that refer to others. */
export function tablesOf(migrations: string): string[] {
  if (!existsSync(migrations)) return [];
  const text = readdirSync(migrations)
    .sort()
    .map((file) => readFileSync(join(migrations, file), "utf8"))
    .join("\n");
  const names = [...text.matchAll(/create table (\w+)|createTable\("(\w+)"/g)].map(
    ([, sql, builder]) => sql ?? builder ?? "",
  );
  return [...new Set(names)].reverse();
}
