#!/usr/bin/env bash
# knex 3.3.0 with pg 8.23.1, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: del() turns every kind of join into USING plus a condition in WHERE, that is into an
# inner join. The usual search for orphans, leftJoin() and whereNull(), then asks for a parent whose
# key is both NULL and equal to something.
# An expert expects: the rows that the same query selects are deleted; or an error, since Postgres
# has no outer join in DELETE.
# Seen: select finds the orphan, delete with the same builder removes 0 rows and does not fail.
# Why it matters: a nightly clean-up reports success for ever while the table grows.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages knex@3.3.0 pg@8.23.1

cat >try.mjs <<'EOF'
import knex from "knex";
import { address, stop } from "./server.mjs";

const db = knex({
  client: "pg",
  connection: address,
  pool: { min: 1, max: 1 },
});
await db.raw("create table users (id int)");
await db.raw("create table sessions (user_id int)");
await db("users").insert({ id: 1 });
await db("sessions").insert([{ user_id: 1 }, { user_id: 2 }]);

const orphans = () => db("sessions").leftJoin("users", "users.id", "sessions.user_id").whereNull("users.id");
console.log(`selected: ${(await orphans().select("user_id")).length}`);
console.log(`deleted: ${await orphans().del()}`);
console.log(orphans().del().toString());
await db.destroy();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
selected: 1
deleted: 0
delete from "sessions" using "users" where "users"."id" is null and "users"."id" = "sessions"."user_id"
EOF
