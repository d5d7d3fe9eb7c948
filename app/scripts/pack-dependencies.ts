import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Makes one file of each dependency that a process loads at its start, in its place below
 * node_modules. The image's build runs it: finding and reading a thousand files is a quarter of a
 * start, which every process of every release pays for.
 */

/** Loaded by `require`, by the app's sources too if the package has nothing else. */
const required = [
  "@fastify/busboy",
  "@prometheus-io/client",
  "@redis/client",
  "express",
  "knex",
  "pg",
  "pino",
];
/** ES modules. */
const imported = ["@opentelemetry/api", "csv-parse", "nodemailer", "pg-boss", "zod"];
/** What some of them would load if it were installed. */
const absent = [
  "better-sqlite3",
  "cloudflare:sockets",
  "mariadb/callback",
  "mysql",
  "mysql2",
  "oracledb",
].concat(["pg-native", "pg-query-stream", "sqlite3", "tedious"]);

const require = createRequire(import.meta.url);

/**
 * Names that another module may import; Node finds them without running the file, by a line such as
 * this one.
 */
function exportsLine(file: string): string {
  const names = Object.keys(require(file) as object).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  const reserved = ["default", "static"];
  return `0 && (module.exports = { ${names.filter((name) => !reserved.includes(name)).join(", ")} });`;
}

async function pack(name: string, format: "cjs" | "esm"): Promise<void> {
  const file = format === "cjs" ? require.resolve(name) : fileURLToPath(import.meta.resolve(name));
  const packed = await build({
    entryPoints: [file],
    bundle: true,
    platform: "node",
    target: "node24",
    format,
    write: false,
    legalComments: "eof",
    // Each of them exists once, whichever module imports it.
    external: [...required, ...imported, ...absent].filter((other) => other !== name),
    ...(format === "cjs"
      ? { footer: { js: exportsLine(file) } }
      : {
          banner: {
            js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
          },
        }),
  });
  writeFileSync(file, packed.outputFiles[0]?.contents ?? "");
}

for (const name of required) await pack(name, "cjs");
for (const name of imported) await pack(name, "esm");
