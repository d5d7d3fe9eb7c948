#!/usr/bin/env bash
# pgsql-ast-parser 12.0.2, whose statements run on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: in `interval '90' minute` the unit is read as the name of the column. `toSql` then writes an
# interval of '90' without a unit, which is seconds, and a column that is called minute. With several units
# (`day to hour`), and where a column can have no name (in a condition), the statement is refused.
# An expert expects: an interval of 90 minutes, or an error wherever the parser does not know the syntax.
# Seen: 90 minutes become 90 seconds, a year becomes one second; the first statement of every pair is valid
# SQL that Postgres answers.
# Why it matters: who rewrites statements by this parser (adds a tenant, renames a table) shortens intervals
# by a factor of 60 to 31 million.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pgsql-ast-parser@12.0.2 @electric-sql/pglite@0.5.14

cat >try.mjs <<'PROGRAM'
import { PGlite } from "@electric-sql/pglite";
import { parse, toSql } from "pgsql-ast-parser";

const pglite = await PGlite.create();
const answer = async (sql) => JSON.stringify((await pglite.query(sql)).rows);
function rewritten(sql) {
  try {
    return parse(sql).map((statement) => toSql.statement(statement)).join(";");
  } catch {
    return undefined;
  }
}
for (const sql of [
  "select interval '90' minute",
  "select interval '1' year",
  "select interval '1 2' day to hour",
  "select 1 as x where interval '90' minute > interval '1' hour",
  "select interval '90 minutes'",
]) {
  const again = rewritten(sql);
  console.log(`${sql}: ${await answer(sql)}, rewritten ${again === undefined ? "refused" : await answer(again)}`);
}
PROGRAM

as_described "$(node try.mjs)" <<'EOF'
select interval '90' minute: [{"interval":"01:30:00"}], rewritten [{"minute":"00:01:30"}]
select interval '1' year: [{"interval":"1 year"}], rewritten [{"year":"00:00:01"}]
select interval '1 2' day to hour: [{"interval":"1 day 02:00:00"}], rewritten refused
select 1 as x where interval '90' minute > interval '1' hour: [{"x":1}], rewritten refused
select interval '90 minutes': [{"interval":"01:30:00"}], rewritten [{"interval":"01:30:00"}]
EOF
