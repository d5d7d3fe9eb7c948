#!/usr/bin/env bash
# pgsql-deparser 18.3.8 behind PostgreSQL's own parser (pgsql-parser 18.2.8); what it writes runs on
# PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: the DISTINCT of GROUP BY DISTINCT, which the tree of the parser holds, is not written: every
# group comes back as often as the sets name it. An element of an array that is made in place,
# `(array[1,2])[2]`, loses its parentheses, and Postgres refuses what is left.
# An expert expects: that a tree of Postgres' own parser, written as SQL, is the same statement.
# Seen: a report of 4 groups has 10 rows, without an error; the element is a syntax error.
# Why it matters: tools that change statements as trees (row security, tenants, migrations between schemas)
# answer sums twice for such a report, and nothing was refused.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pgsql-parser@18.2.8 pgsql-deparser@18.3.8 @electric-sql/pglite@0.5.14

cat >try.mjs <<'PROGRAM'
import { PGlite } from "@electric-sql/pglite";
import { deparse } from "pgsql-deparser";
import { parse } from "pgsql-parser";

const pglite = await PGlite.create();
async function answer(sql) {
  try {
    const { rows } = await pglite.query(sql, [], { rowMode: "array" });
    return `${rows.length} rows, the first ${JSON.stringify(rows[0])}`;
  } catch (error) {
    return error.message;
  }
}
const sales = "(values ('north', 5), ('south', 7), ('east', 1)) sales(region, sum)";
for (const sql of [
  `select region, sum(sum) from ${sales} group by distinct rollup (region), rollup (region) order by 1`,
  `select region, sum(sum) from ${sales} group by rollup (region) order by 1`,
  "select (array[10, 20])[2]",
  "select (x.a)[2] from (select array[10, 20] a) x",
]) {
  const tree = await parse(sql);
  const { groupDistinct } = tree.stmts[0].stmt.SelectStmt;
  console.log(`${sql}: ${await answer(sql)}`);
  console.log(`  again (groupDistinct ${groupDistinct}): ${await answer(await deparse(tree))}`);
}
PROGRAM

as_described "$(node try.mjs)" <<'EOF'
select region, sum(sum) from (values ('north', 5), ('south', 7), ('east', 1)) sales(region, sum) group by distinct rollup (region), rollup (region) order by 1: 4 rows, the first ["east",1]
  again (groupDistinct true): 10 rows, the first ["east",1]
select region, sum(sum) from (values ('north', 5), ('south', 7), ('east', 1)) sales(region, sum) group by rollup (region) order by 1: 4 rows, the first ["east",1]
  again (groupDistinct undefined): 4 rows, the first ["east",1]
select (array[10, 20])[2]: 1 rows, the first [20]
  again (groupDistinct undefined): syntax error at or near "["
select (x.a)[2] from (select array[10, 20] a) x: 1 rows, the first [20]
  again (groupDistinct undefined): 1 rows, the first [20]
EOF
