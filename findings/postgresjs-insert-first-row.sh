#!/usr/bin/env bash
# postgres 3.4.9 (Postgres.js), on PostgreSQL 18 (PGlite 0.5.14 behind a socket).
#
# Behaviour: sql(rows) in an insert takes its columns from the first row. A key that only later rows
# have is not stored. The other way round, a key that a later row lacks is an error (UNDEFINED_VALUE).
# An expert expects: the columns of all rows with DEFAULT in the gaps, as knex and kysely write it, or
# an error in both directions, since one of them is refused.
# Seen: the note of the second row is gone, and the insert succeeds; with the rows swapped it throws.
# Why it matters: whether an import loses a column hangs on the order of its rows, and the check that
# would tell looks in one direction alone.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages postgres@3.4.9

cat >try.mjs <<'EOF'
import postgres from "postgres";
import { address, stop } from "./server.mjs";

const sql = postgres({ ...address, max: 1 });
await sql`create table notes (id int, note text)`;
for (const rows of [[{ id: 1 }, { id: 2, note: "call back" }], [{ id: 2, note: "call back" }, { id: 1 }]]) {
  await sql`truncate notes`;
  const result = await sql`insert into notes ${sql(rows)}`.then(
    ({ count }) => `${count} stored`,
    ({ code }) => code,
  );
  const stored = await sql`select id, note from notes order by id`;
  console.log(`${JSON.stringify(rows)}: ${result}, ${JSON.stringify(stored)}`);
}
await sql.end();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
[{"id":1},{"id":2,"note":"call back"}]: 2 stored, [{"id":1,"note":null},{"id":2,"note":null}]
[{"id":2,"note":"call back"},{"id":1}]: UNDEFINED_VALUE, []
EOF
