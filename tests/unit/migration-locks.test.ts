import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { parse } from "libpg-query";
import { lockModes, stronger, whoWaits, type LockMode } from "../../infra/migrations/lock-modes.ts";
import { locksOf } from "../../infra/migrations/statement-locks.ts";

/** As much as is used of PGlite, which is Postgres itself. */
interface Postgres {
  exec(sql: string): Promise<unknown>;
  query(sql: string): Promise<{ rows: { name: string; mode: string }[] }>;
  close(): Promise<void>;
}

async function postgres(): Promise<Postgres> {
  const require = createRequire(join(import.meta.dirname, "../../app/package.json"));
  const { PGlite } = (await import(pathToFileURL(require.resolve("@electric-sql/pglite")).href)) as {
    PGlite: { create(): Promise<Postgres> };
  };
  return PGlite.create();
}

const schema = `
create table customers (id bigint primary key, name text, note text default '', hall text);
create index customers_note on customers (note);
create table orders (id bigint primary key, customer_id bigint, total numeric);
alter table orders add constraint orders_total check (total > 0) not valid;
create table visits (id bigint, day date) partition by range (day);
create table visits_2025 (id bigint, day date);
create table parents (id bigint);
create view names as select name from customers;
create materialized view totals as select sum(total) as sum from orders;
create unique index totals_sum on totals (sum);
create function noted() returns trigger language plpgsql as 'begin return new; end';
create trigger customers_noted before update on customers for each row execute function noted();
create policy customers_seen on customers using (true);
`;

/** Statements that Postgres takes in a transaction; it says itself what each of them locks. */
const statements = [
  "alter table customers add column seat text",
  "alter table customers add column seat text default 'a secret', drop column hall",
  "alter table customers alter column hall set default 'x'",
  "alter table customers alter column hall type varchar(20)",
  "alter table customers alter column hall set not null",
  "alter table customers alter column hall set statistics 200",
  "alter table customers alter column hall set storage external",
  "alter table customers set (fillfactor = 70)",
  "alter table customers add constraint known check (hall <> '') not valid",
  "alter table customers add constraint one unique (name)",
  "alter table orders add constraint of_customer foreign key (customer_id) references customers (id) not valid",
  "alter table orders add column customer bigint references customers (id)",
  "alter table orders validate constraint orders_total",
  "alter table orders drop constraint orders_total",
  "alter table customers disable trigger customers_noted",
  "alter table customers enable row level security",
  "alter table customers rename column hall to room",
  "alter table customers rename to clients",
  "alter index customers_note rename to customers_notes",
  "alter table visits attach partition visits_2025 for values from ('2025-01-01') to ('2026-01-01')",
  "create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01')",
  "create table children () inherits (parents)",
  "create table notes (id bigint primary key, customer_id bigint references customers (id))",
  "create index customers_hall on customers (hall)",
  "create trigger noted_again after insert on customers for each row execute function noted()",
  "create policy customers_own on customers using (false)",
  "create rule nobody as on delete to customers do instead nothing",
  "create or replace view names as select name from customers where id > 0",
  "drop index customers_note",
  "drop trigger customers_noted on customers",
  "drop policy customers_seen on customers",
  "drop view names",
  "drop table parents",
  "truncate orders",
  "lock table orders in share mode",
  "lock table orders",
  "reindex table customers",
  "refresh materialized view totals",
  "refresh materialized view concurrently totals",
  "insert into customers (id, note) values (1, 'a secret')",
  "update customers set note = 'a secret' where id = 1",
  "delete from customers where id = 1",
  "with gone as (delete from orders where id = 1 returning customer_id) update customers set note = '' where id in (select customer_id from gone)",
  "create table seats (id bigint); alter table seats add column hall text",
];

await describe("locks of statements, as Postgres itself says", () => {
  let server: Postgres;
  before(async () => {
    server = await postgres();
    await server.exec(schema);
  });
  after(async () => server.close());

  /** What the server locks on what was there before a statement, the strongest of each table. */
  async function locked(statement: string): Promise<Record<string, LockMode>> {
    await server.exec("begin");
    try {
      const there = await server.query(
        "select oid::text as name, relname::text as mode from pg_class where relkind in ('r', 'p', 'v', 'm') and relnamespace = 'public'::regnamespace",
      );
      await server.exec(statement);
      const { rows } = await server.query(
        "select relation::text as name, mode from pg_locks where locktype = 'relation' and granted",
      );
      const names = new Map(there.rows.map(({ mode, name }) => [name, mode]));
      const found: Record<string, LockMode> = {};
      for (const { mode, name } of rows) {
        const table = names.get(name);
        const words = mode
          .replace(/Lock$/, "")
          .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
          .toUpperCase();
        const known = lockModes.find((one) => one === words);
        if (table === undefined || known === undefined) continue;
        found[table] = stronger(found[table] ?? known, known);
      }
      return found;
    } finally {
      await server.exec("rollback");
    }
  }

  for (const statement of statements) {
    test(statement, async () => {
      const told = locksOf([await parse(statement)]).flatMap(({ locks }) => locks);
      const tables = told.map(({ mode, table }) => [
        table.replace("the table of customers_note", "customers"),
        mode,
      ]);
      assert.deepEqual(Object.fromEntries(tables), await locked(statement));
    });
  }

  test("CONCURRENTLY lets readers and writers go on", async () => {
    for (const statement of [
      "create index concurrently customers_hall on customers (hall)",
      "drop index concurrently customers_note",
      "reindex table concurrently customers",
    ]) {
      const [found] = locksOf([await parse(statement)]);
      assert.equal(found?.locks[0]?.mode, "SHARE UPDATE EXCLUSIVE", statement);
      assert.equal(whoWaits["SHARE UPDATE EXCLUSIVE"], "nobody but other migrations");
    }
  });

  test("a statement is told by its names and never by a value; one that goes through every row is long", async () => {
    const told = async (statement: string) =>
      locksOf([await parse(statement)]).map((one) => `${one.statement}${one.long ? " (long)" : ""}`);
    assert.deepEqual(
      await told("alter table customers add column seat text default 'a secret', drop column hall"),
      ["alter table customers: add column seat, drop column hall"],
    );
    assert.deepEqual(await told("create index customers_hall on customers (hall)"), [
      "create index customers_hall (long)",
    ]);
    assert.deepEqual(await told("insert into customers (note) values ('a secret')"), ["insert customers"]);
    assert.deepEqual(await told("drop table orders"), ["drop table orders"]);
    assert.deepEqual(await told("lock table orders, customers"), ["lock table orders, customers (long)"]);
  });
});
