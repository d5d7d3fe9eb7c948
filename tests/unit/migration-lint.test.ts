import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { parse, type ParseResult } from "libpg-query";
import { checkout } from "../../cli/checkout.ts";
import { lintMigrations } from "../../infra/migrations/lint-migrations.ts";
import { baseImages } from "../../images/catalogue.ts";
import { serverVersion } from "../../infra/migrations/server-findings.ts";
import { findings } from "../../infra/migrations/statement-findings.ts";

async function found(...statements: string[]): Promise<string[]> {
  const parsed = await Promise.all(statements.map((text) => parse(text)));
  return findings(parsed).map(({ kind, what }) => `${kind}: ${what.split(/[,:]/)[0] ?? ""}`);
}

describe("statements that the running release would not survive", () => {
  const cases: Record<string, string> = {
    "drop table visits": "breaks: drops the table visits",
    "drop view shop.totals": "breaks: drops the view totals",
    "alter table visits drop column note": "breaks: drops visits.note",
    "alter table visits rename column note to remark": "breaks: renames visits.note to remark",
    "alter table visits rename to calls": "breaks: renames visits to calls",
    "alter table visits alter column hall type varchar(20)": "breaks: changes the type of visits.hall",
    "alter table visits alter column note set not null": "breaks: sets visits.note NOT NULL",
    "alter table visits alter column note drop default": "breaks: drops the default of visits.note",
    "alter table visits add column seat text not null": "breaks: adds visits.seat NOT NULL without a default",
    "truncate visits": "breaks: empties visits",
    "create index visits_day on visits (day)": "blocks: creates the index visits_day on visits",
    "alter table visits add column nr bigint generated always as identity":
      "blocks: adds visits.nr with values that Postgres computes",
    "alter table visits add column code text unique": "blocks: adds visits.code with an index",
    "alter table visits add constraint known check (hall <> '')":
      "blocks: adds known to visits and checks every row under a lock",
    "alter table visits add constraint one unique (day)": "blocks: adds one to visits with an index",
    "lock table visits": "blocks: locks visits",
  };
  for (const [statement, expected] of Object.entries(cases)) {
    test(statement, async () => {
      assert.deepEqual(await found(statement), [expected]);
    });
  }
});

describe("statements that it does not notice", () => {
  for (const statement of [
    "create table seats (id bigint primary key, code text not null unique)",
    "alter table visits add column seat text",
    "alter table visits add column seat text not null default ''",
    "alter table visits alter column note set default 'none'",
    "alter table visits alter column note drop not null",
    "alter table visits add constraint known check (hall <> '') not valid",
    "alter table visits validate constraint known",
    "alter table visits add constraint one unique using index visits_one",
    "create index concurrently visits_day on visits (day)",
    "update visits set note = '' where note is null",
  ]) {
    test(statement, async () => {
      assert.deepEqual(await found(statement), []);
    });
  }

  test("whatever happens to a table of the same migration", async () => {
    assert.deepEqual(
      await found(
        "create table shop.seats (id bigint); create index seats_id on shop.seats (id)",
        "alter table shop.seats add column code text not null",
        "drop table shop.seats",
      ),
      [],
    );
  });
});

describe("the list in docs/deployment.md", () => {
  const text = readFileSync(join(checkout.root, "docs/deployment.md"), "utf8");
  const block = /```sql\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const sections = { removes: ["breaks"], blocks: ["blocks"], allowed: [] };
  for (const [title, kinds] of Object.entries(sections)) {
    const section = block.split(/^-- /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
    test(`${title}: each statement is found for what it is`, async () => {
      const { stmts = [] } = (await parse(section.slice(title.length))) as ParseResult;
      assert.ok(stmts.length > 15);
      for (const stmt of stmts) {
        const found = findings([{ version: 0, stmts: [stmt] }]).map(({ kind }) => kind);
        assert.deepEqual(found, kinds, JSON.stringify(stmt));
      }
    });
  }
});

test("the parser is of the stacks' Postgres", async () => {
  assert.equal(baseImages.postgres.version, String(serverVersion));
  const { version = 0 } = (await parse("select 1")) as ParseResult;
  assert.equal(Math.floor(version / 10_000), serverVersion);
});

describe("what the same migration did before", () => {
  test("a table that may have been there is not its own", async () => {
    assert.deepEqual(await found("create table if not exists customers (id int)", "drop table customers"), [
      "breaks: drops the table customers",
    ]);
  });

  test("a table of another schema is another one", async () => {
    assert.deepEqual(await found("create table archive.customers (id int)", "drop table customers"), [
      "breaks: drops the table customers",
    ]);
    assert.deepEqual(await found("create table public.seats (id int)", "drop table seats"), []);
  });

  test("a column of a domain that checks its values rewrites the table; of one that does not, nothing", async () => {
    assert.deepEqual(
      await found(
        "create domain email as text check (value <> '')",
        "alter table visits add column mail email",
      ),
      ["blocks: adds visits.mail of the domain email"],
    );
    assert.deepEqual(
      await found("create domain label as text", "alter table visits add column tag label"),
      [],
    );
  });
});

describe("a folder of migrations", () => {
  function sources(context: TestContext, files: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "berth-migrations-"));
    context.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  test("are read in order of time across modules, and every problem is reported", async (t) => {
    const folder = sources(t, {
      "platform/migrations/20260101_1000_users.ts":
        'export const up = (db) => db.schema.createTable("users", (t) => t.text("name").notNullable());',
      "modules/shop/migrations/20260103_1000_seats.ts":
        'export const up = (db) => db.schema.alterTable("users", (t) => { t.dropColumn("name"); t.index("age"); });',
      "modules/hall/migrations/20260102_1000_halls.ts": "export const up = (db) => db.raw('selec 1');",
    });
    const { names, breaking, problems } = await lintMigrations(folder);
    assert.deepEqual(names, ["20260101_1000_users", "20260102_1000_halls", "20260103_1000_seats"]);
    assert.deepEqual(breaking, ["20260103_1000_seats"]);
    assert.equal(problems.length, 3);
    assert.match(problems[0] ?? "", /^modules\/hall\/.*syntax error at or near "selec"/);
    assert.match(problems[1] ?? "", /^modules\/shop\/.* drops users\.name/);
    assert.match(problems[2] ?? "", /^modules\/shop\/.* creates the index users_age_index/);
  });

  test("may override the rules with a reason; the migration stays one that older releases cannot live with", async (t) => {
    const folder = sources(t, {
      "modules/shop/migrations/20260101_1000_contract.ts":
        'export const override = "nothing reads it since 3f2a";\nexport const up = (db) => db.raw("drop table seats");',
      "modules/shop/migrations/20260102_1000_silent.ts":
        'export const override = " ";\nexport const up = (db) => db.raw("drop table halls");',
      "modules/shop/migrations/20260103_1000_needless.ts":
        'export const override = "just in case";\nexport const up = (db) => db.raw("create table new (id int)");',
    });
    const { breaking, problems } = await lintMigrations(folder);
    assert.deepEqual(breaking, ["20260101_1000_contract", "20260102_1000_silent"]);
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? "", /silent\.ts exports an override without a reason/);
    assert.match(problems[1] ?? "", /needless\.ts exports an override that nothing in it needs/);
  });

  test("is refused for what only a later Postgres knows, whatever its override says", async (t) => {
    const raw = (sql: string, more = "") =>
      `${more}\nexport const up = (db) => db.raw(${JSON.stringify(sql)});`;
    const folder = sources(t, {
      "modules/shop/migrations/20260101_1000_virtual.ts": raw(
        "alter table seats add column twice int generated always as (id * 2) virtual",
        'export const override = "no reader";',
      ),
      "modules/shop/migrations/20260102_1000_period.ts": raw(
        "create table stays (room int, at daterange, primary key (room, at without overlaps))",
      ),
      "modules/shop/migrations/20260103_1000_uuid.ts": raw(
        "create table tickets (id uuid primary key default uuidv7())",
      ),
      "modules/shop/migrations/20260104_1000_own.ts": raw(
        "create function casefold(a text) returns text language sql return lower(a); select casefold('A')",
      ),
    });
    const { problems } = await lintMigrations(folder);
    assert.equal(problems.length, 3);
    assert.match(problems[0] ?? "", /virtual\.ts sends SQL that Postgres 17 does not know: .*virtual/);
    assert.match(problems[1] ?? "", /period\.ts sends SQL that Postgres 17 does not know: .*without/);
    assert.match(problems[2] ?? "", /uuid\.ts calls uuidv7\(\), which Postgres 17 does not have/);
  });

  test("knows domains of earlier migrations, and what needs to be alone and outside of a transaction", async (t) => {
    const alone = "export const config = { transaction: false };";
    const folder = sources(t, {
      "modules/shop/migrations/20260101_1000_domain.ts":
        "export const up = (db) => db.raw(\"create domain email as text check (value <> '')\");",
      "modules/shop/migrations/20260102_1000_column.ts":
        "export const up = (db) => db.raw('alter table visits add column mail email');",
      "modules/shop/migrations/20260103_1000_inside.ts":
        "export const up = (db) => db.raw('create index concurrently a on visits (a)');",
      "modules/shop/migrations/20260104_1000_twice.ts": `${alone}\nexport const up = async (db) => {
          await db.raw('create index concurrently b on visits (b)');
          await db.raw('create index concurrently c on visits (c)');
        };`,
      "modules/shop/migrations/20260105_1000_good.ts": `${alone}\nexport const up = (db) =>
          db.raw('create index concurrently d on visits (d)');`,
    });
    const { problems } = await lintMigrations(folder);
    assert.equal(problems.length, 3);
    assert.match(problems[0] ?? "", /column\.ts adds visits\.mail of the domain email/);
    assert.match(problems[1] ?? "", /inside\.ts does in a transaction what/);
    assert.match(problems[2] ?? "", /twice\.ts changes the schema 2 times without a transaction/);
  });

  test("of ours is clean", async () => {
    const { names, breaking, problems } = await lintMigrations(join(checkout.root, "app/src"));
    assert.ok(names.includes("20261121_1000_accounts_create"));
    assert.deepEqual([breaking, problems], [[], []]);
  });
});
