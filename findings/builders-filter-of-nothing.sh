#!/usr/bin/env bash
# drizzle-orm 0.45.4 and kysely 0.29.9 beside knex 3.3.0, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: a condition whose value is undefined is left out, and what is left of it decides. drizzle's
# and(undefined), or() and or(...[]) are no condition at all; kysely's eb.and({ id: undefined }) is 1 = 1.
# delete and update then take every row. A second where() replaces the first in drizzle.
# An expert expects: knex's answer, an error about an undefined binding; for an empty or() no row, since
# nothing of nothing holds, as in kysely; and for two where() both, as in knex and kysely.
# Seen: of three rows none is left after three of these deletes, and one that should match nothing takes
# another team's row.
# Why it matters: ids.map((id) => eq(table.id, id)) of an empty list, or a field that a form left out,
# empties the table. For a select it is a convenience, so the pattern is in use.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages drizzle-orm@0.45.4 kysely@0.29.9 knex@3.3.0 @electric-sql/pglite@0.5.14

cat >try.mjs <<'EOF'
import { PGlite } from "@electric-sql/pglite";
import { and, eq, inArray, or } from "drizzle-orm";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pglite";
import knexOf from "knex";
import { DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler } from "kysely";

const client = await PGlite.create();
const db = drizzle({ client });
const users = pgTable("users", { id: integer("id"), team: text("team") });
const kysely = new Kysely({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const knex = knexOf({ client: "pg" });
const id = undefined;

const drizzleSql = (query) => {
  const { sql, params } = query.toSQL();
  return [sql, params];
};
const kyselySql = (query) => {
  const { sql, parameters } = query.compile();
  return [sql, parameters];
};
const knexSql = (query) => {
  const { sql, bindings } = query.toSQL().toNative();
  return [sql, bindings];
};
for (const [name, build] of Object.entries({
  "drizzle and(undefined)": () => drizzleSql(db.delete(users).where(and(id && eq(users.id, id)))),
  "drizzle or() of no ids": () => drizzleSql(db.delete(users).where(or(...[].map((one) => eq(users.id, one))))),
  "drizzle inArray of no ids": () => drizzleSql(db.delete(users).where(inArray(users.id, []))),
  "drizzle where team b, where id 1": () =>
    drizzleSql(db.delete(users).$dynamic().where(eq(users.team, "b")).where(eq(users.id, 1))),
  "kysely and({ id: undefined })": () => kyselySql(kysely.deleteFrom("users").where((eb) => eb.and({ id }))),
  "kysely where id = undefined": () => kyselySql(kysely.deleteFrom("users").where("id", "=", id)),
  "kysely or() of no ids": () => kyselySql(kysely.deleteFrom("users").where((eb) => eb.or([]))),
  "kysely where team b, where id 1": () =>
    kyselySql(kysely.deleteFrom("users").where("team", "=", "b").where("id", "=", 1)),
  "knex where({ id: undefined })": () => knexSql(knex("users").where({ id }).delete()),
})) {
  await client.exec("drop table if exists users; create table users (id int, team text)");
  await client.exec("insert into users values (1, 'a'), (2, 'b'), (3, 'b')");
  let what;
  try {
    const [sql, values] = build();
    await client.query(sql, [...values]);
    what = sql;
  } catch (error) {
    what = error.message.split(". ").at(-1);
  }
  const { rows } = await client.query("select id from users order by id");
  console.log(`${name}: left ${rows.map((row) => row.id).join() || "none"}; ${what}`);
}
await client.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
drizzle and(undefined): left none; delete from "users"
drizzle or() of no ids: left none; delete from "users"
drizzle inArray of no ids: left 1,2,3; delete from "users" where false
drizzle where team b, where id 1: left 2,3; delete from "users" where "users"."id" = $1
kysely and({ id: undefined }): left none; delete from "users" where 1 = 1
kysely where id = undefined: left 1,2,3; delete from "users" where "id" = $1
kysely or() of no ids: left 1,2,3; delete from "users" where 1 = 0
kysely where team b, where id 1: left 1,2,3; delete from "users" where "team" = $1 and "id" = $2
knex where({ id: undefined }): left 1,2,3; Undefined column(s): [id] query: delete from "users" where "id" = ?
EOF
