#!/usr/bin/env bash
# node-sql-parser 5.4.0 for PostgreSQL, whose statements run on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: what the parser does not know behind an expression, it takes for the name of a column. The
# digits of 1_000 behind the underscore are a name, and so are those of 0x1F; so are the operators `isnull`
# and `notnull`. No error is raised, and `sqlify` writes the shorter expression with that name.
# An expert expects: an error for syntax that the parser does not know.
# Seen: 1_000 becomes 1 and 0x1F becomes 0; `x isnull` becomes x, under the name isnull.
# Why it matters: limits written with separators shrink a thousandfold where statements are checked or
# changed by this parser before they run; the number of columns stays right, so nothing else notices.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages node-sql-parser@5.4.0 @electric-sql/pglite@0.5.14

cat >try.mjs <<'PROGRAM'
import { PGlite } from "@electric-sql/pglite";
import parsers from "node-sql-parser";

const parser = new parsers.Parser();
const dialect = { database: "Postgresql" };
const pglite = await PGlite.create();
await pglite.exec("create table people (boss int); insert into people values (1), (null)");
const answer = async (sql) => JSON.stringify((await pglite.query(sql, [], { rowMode: "array" })).rows);
for (const sql of [
  "select 1_000",
  "select 0x1F",
  "select boss isnull from people",
  "select count(*) from people where boss is null",
]) {
  const again = parser.sqlify(parser.astify(sql, dialect), dialect);
  console.log(`${sql}: ${await answer(sql)}, rewritten ${await answer(again)}`);
}
PROGRAM

as_described "$(node try.mjs)" <<'EOF'
select 1_000: [[1000]], rewritten [[1]]
select 0x1F: [[31]], rewritten [[0]]
select boss isnull from people: [[false],[true]], rewritten [[1],[null]]
select count(*) from people where boss is null: [[1]], rewritten [[1]]
EOF
