import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { lintForeign } from "../../infra/migrations/lint-foreign.ts";
import { migrationFolder } from "../../infra/migrations/migration-folder.ts";

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "berth-foreign-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const create =
  'exports.up = (knex) => knex.schema.createTable("todos", (t) => { t.increments(); t.text("title"); });';
const rename =
  'exports.up = (knex) => knex.schema.alterTable("todos", (t) => t.renameColumn("title", "text"));';
const nothing: ReadonlySet<string> = new Set();

describe("migrations of an application that others wrote", () => {
  test("of Knex are read under all of its names and endings, and a rename is found", async (t) => {
    const folder = folderWith(t, {
      "20191228160809_create-todos.js": create,
      "20200101000000_more.cjs": create.replace("todos", "more"),
      "20200102000000_typed.ts": `export const up = (knex: { raw(sql: string): unknown }) => knex.raw("create table typed (id int)");`,
      "20200103000000_module.mjs": 'export const up = (knex) => knex.raw("create table module (id int)");',
      "20200104000000_rename-title.js": rename,
      "README.md": "",
    });
    const { names, breaking, problems, unread } = await lintForeign(folder, nothing);
    assert.deepEqual(unread, []);
    assert.deepEqual(names, [
      "20191228160809_create-todos",
      "20200101000000_more",
      "20200102000000_typed",
      "20200103000000_module",
      "20200104000000_rename-title",
    ]);
    assert.deepEqual(breaking, ["20200104000000_rename-title"]);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /^20200104000000_rename-title\.js renames todos\.title to text/);
  });

  test("are not held against it if the running release has them, or none runs", async (t) => {
    const folder = folderWith(t, { "1_create.js": create, "2_rename.js": rename });
    assert.deepEqual((await lintForeign(folder, new Set(["1_create", "2_rename"]))).problems, []);
    const first = await lintForeign(folder, undefined);
    assert.deepEqual([first.problems, first.breaking], [[], ["2_rename"]]);
  });

  test("may give a reason in a comment", async (t) => {
    const folder = folderWith(t, { "2_rename.js": `// berth-override: nothing reads it\n${rename}` });
    const { problems, breaking } = await lintForeign(folder, nothing);
    assert.deepEqual([problems, breaking], [[], ["2_rename"]]);
  });

  test("are plain SQL with Prisma, Drizzle, dbmate and node-pg-migrate", async (t) => {
    for (const [file, name] of [
      ["20260101000000_drop/migration.sql", "20260101000000_drop"],
      ["0001_drop.sql", "0001_drop"],
      ["20260101_drop.up.sql", "20260101_drop"],
    ] as const) {
      const folder = folderWith(t, {
        [file]: "-- migrate:up\nalter table todos drop column title;\n-- migrate:down\nno sql at all",
        "20260101_drop.down.sql": "select 1",
        "migration_lock.toml": "",
        "meta/_journal.json": "{}",
      });
      const { names, problems } = await lintForeign(folder, nothing);
      assert.deepEqual(names, [name]);
      assert.match(problems.join("\n"), /drops todos\.title/);
    }
  });

  test("are named if they cannot be read: of db-migrate, with imports that are not there, or no SQL", async (t) => {
    const folder = folderWith(t, {
      "1_db-migrate.js": "exports.setup = () => {}; exports.up = (db, callback) => callback();",
      "2_imports.js": 'require("./not-there"); exports.up = () => {};',
      "3_text.sql": "this is no SQL",
      "4_create.js": create,
    });
    const { names, unread, problems } = await lintForeign(folder, nothing);
    assert.equal(names.length, 4);
    assert.deepEqual(problems, []);
    assert.match(
      unread.join("\n"),
      /^1_db-migrate\.js: db-migrate .*\n2_imports\.js: cannot be read.*\n3_text\.sql: is no SQL/,
    );
  });

  test("lie where the knexfile says, or where they usually do", (t) => {
    for (const [knexfile, folder] of [
      ['module.exports = { migrations: { tableName: "m", directory: "./db/steps" } };', "db/steps"],
      ['module.exports = { migrations: { directory: path.join(__dirname, "db", "steps") } };', "db/steps"],
      ["module.exports = {};", "migrations"],
    ] as const) {
      assert.equal(
        migrationFolder(folderWith(t, { "knexfile.js": knexfile, [`${folder}/1_a.js`]: create })),
        folder,
      );
    }
    const inside = { "server/knexfile.js": "module.exports = {};", "server/migrations/1_a.js": create };
    assert.equal(migrationFolder(folderWith(t, inside)), "server/migrations");
    assert.equal(
      migrationFolder(folderWith(t, { "prisma/migrations/1_a/migration.sql": "" })),
      "prisma/migrations",
    );
    assert.equal(migrationFolder(folderWith(t, { "package.json": "{}" })), undefined);
  });
});
