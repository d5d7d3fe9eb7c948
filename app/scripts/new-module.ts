import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { moduleFiles } from "./module-template.ts";

const usage = `node scripts/new-module.ts NAME

Makes a module: a table with a migration, its declaration, and a test. NAME is the plural, in small letters,
digits and dashes, for example orders. It runs as it is; then give it the fields your product needs.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", default: false } },
});
const [name = ""] = positionals;
const app = join(import.meta.dirname, "..");
const folder = join(app, "src", "modules", name);

if (values.help) {
  process.stdout.write(usage);
} else if (positionals.length !== 1 || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 40) {
  process.stderr.write(`A module's name is small letters, digits and dashes, 40 at most.\n\n${usage}`);
  process.exitCode = 64;
} else if (existsSync(folder)) {
  process.stderr.write(`${relative(app, folder)} exists already: choose another name.\n`);
  process.exitCode = 1;
} else {
  mkdirSync(join(folder, "migrations"), { recursive: true });
  for (const [file, text] of Object.entries(moduleFiles(name, new Date()))) {
    writeFileSync(join(folder, file), text, { flag: "wx" });
    process.stdout.write(`made app/${relative(app, join(folder, file))}\n`);
  }
  process.stdout.write(
    `\nNext: npx berth migrate up, then see /admin/${name} and /api. Its test: npm --prefix app test src/modules/${name}/*.test.ts\n`,
  );
}
