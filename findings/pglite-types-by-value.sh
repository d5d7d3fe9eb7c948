#!/usr/bin/env bash
# @electric-sql/pglite 0.5.14 beside pg 8.23.1, on PostgreSQL 18.
#
# Behaviour: PGlite chooses the JavaScript type of a bigint by its value: a number up to 2^53 - 1, a BigInt
# above it. The times infinity and -infinity become an Invalid Date.
# An expert expects: one type for each column, as pg has it (text for bigint); and Infinity, as from pg, or
# an error for a time that a Date cannot hold.
# Seen: one result set holds numbers and BigInts, at which JSON.stringify() throws, though each row before
# worked. "Valid until infinity" is null in JSON, and neither later nor earlier than now.
# Why it matters: the code is tested with small ids and meets the first large one in production, or the
# tests run on PGlite and production on pg, where the same columns have other types.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages pg@8.23.1

cat >try.mjs <<'EOF'
import pg from "pg";
import { address, pglite, stop } from "./server.mjs";

const client = new pg.Client(address);
await client.connect();
function attempt(run) {
  try {
    return run();
  } catch (error) {
    return error.name;
  }
}
for (const [name, db] of Object.entries({ PGlite: pglite, pg: client })) {
  const { rows } = await db.query("select 5::bigint as id union all select 9007199254740993");
  console.log(`${name}, bigint: ${rows.map(({ id }) => `${typeof id} ${id}`).join(", ")}`);
  console.log(`${name}, as JSON: ${attempt(() => JSON.stringify(rows))}`);
  const { until } = (await db.query("select 'infinity'::timestamptz as until")).rows[0];
  console.log(`${name}, infinity: ${until}, later than now ${until > Date.now()}`);
}
await client.end();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
PGlite, bigint: number 5, bigint 9007199254740993
PGlite, as JSON: TypeError
PGlite, infinity: Invalid Date, later than now false
pg, bigint: string 5, string 9007199254740993
pg, as JSON: [{"id":"5"},{"id":"9007199254740993"}]
pg, infinity: Infinity, later than now true
EOF
