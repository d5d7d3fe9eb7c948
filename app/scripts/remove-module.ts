import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";

const usage = `node scripts/remove-module.ts NAME [--yes]

Removes a module's folder. Its tables stay, with what is in them, until you drop them.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", default: false }, yes: { type: "boolean", default: false } },
});
const [name = ""] = positionals;
const modules = join(import.meta.dirname, "..", "src", "modules");
const folder = join(modules, name);

async function isMeant(): Promise<boolean> {
  if (values.yes) return true;
  if (!process.stdin.isTTY) {
    process.stderr.write("Nobody is there to ask: add --yes.\n");
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Remove app/src/modules/${name}? [y/N] `);
  terminal.close();
  return /^y(?:es)?$/i.test(answer);
}

function tablesOf(migrations: string): string[] {
  if (!existsSync(migrations)) return [];
  const text = readdirSync(migrations)
    .map((file) => readFileSync(join(migrations, file), "utf8"))
    .join("\n");
  return [
    ...new Set(
      [...text.matchAll(/create table (\w+)|createTable\("(\w+)"/g)].map(
        (match) => match[1] ?? match[2] ?? "",
      ),
    ),
  ];
}

if (values.help) {
  process.stdout.write(usage);
} else if (positionals.length !== 1 || !/^[a-z][a-z0-9-]*$/.test(name)) {
  process.stderr.write(usage);
  process.exitCode = 64;
} else if (!existsSync(join(folder, "module.ts"))) {
  process.stderr.write(`There is no module ${name}. There are: ${readdirSync(modules).join(", ")}.\n`);
  process.exitCode = 1;
} else if (await isMeant()) {
  const tables = tablesOf(join(folder, "migrations"));
  rmSync(folder, { recursive: true });
  process.stdout.write(`Removed app/src/modules/${name}.\n`);
  if (tables.length > 0)
    process.stdout.write(
      `Its tables are still there. To drop them: npx berth psql, then drop table ${tables.reverse().join(", ")};\n`,
    );
} else {
  process.exitCode = 1;
}
