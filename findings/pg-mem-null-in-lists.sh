#!/usr/bin/env bash
# pg-mem 3.0.14 beside PostgreSQL 18 (PGlite 0.5.14), the same table and statements.
#
# Behaviour: pg-mem answers `not in` with a NULL in the list, or in the subquery, as if it were not there;
# GREATEST and LEAST are NULL when one value is; ORDER BY behind a UNION ALL orders nothing; a month later
# than 31 January is 2 March; a bigint beyond 2^53 is rounded. None is an error.
# An expert expects: that what an emulation of Postgres cannot do is refused (as it refuses window
# functions), and that what it answers is what Postgres answers.
# Seen: all five differ from Postgres.
# Why it matters: tests on pg-mem are green for the query that finds nothing in production because one row
# of the subquery is NULL, and for due dates that fall into another month.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pg-mem@3.0.14 @electric-sql/pglite@0.5.14

cat >try.mjs <<'PROGRAM'
import { PGlite } from "@electric-sql/pglite";
import { newDb } from "pg-mem";

const table = `create table people (id int primary key, boss int);
  insert into people values (1, null), (2, 1), (3, 1)`;
const pglite = await PGlite.create();
await pglite.exec(table);
const memory = newDb().public;
memory.none(table);
const written = (rows) =>
  JSON.stringify(rows.map(Object.values), (_, value) => (typeof value === "bigint" ? Number(value) : value));
for (const sql of [
  "select id from people where id not in (select boss from people)",
  "select greatest(5, null) as g",
  "select id from people union all select 0 order by 1",
  "select date '2026-01-31' + interval '1 month' as due",
  "select '9007199254740993'::bigint::text as number",
]) {
  console.log(sql);
  console.log(`  Postgres ${written((await pglite.query(sql)).rows)}, pg-mem ${written(memory.many(sql))}`);
}
PROGRAM

as_described "$(TZ=UTC node try.mjs)" <<'EOF'
select id from people where id not in (select boss from people)
  Postgres [], pg-mem [[2],[3]]
select greatest(5, null) as g
  Postgres [[5]], pg-mem [[null]]
select id from people union all select 0 order by 1
  Postgres [[0],[1],[2],[3]], pg-mem [[1],[2],[3],[0]]
select date '2026-01-31' + interval '1 month' as due
  Postgres [["2026-02-28T00:00:00.000Z"]], pg-mem [["2026-03-02T00:00:00.000Z"]]
select '9007199254740993'::bigint::text as number
  Postgres [["9007199254740993"]], pg-mem [["9007199254740992"]]
EOF
