#!/usr/bin/env bash
# @electric-sql/pglite 0.5.14 (PostgreSQL 18.6 in WebAssembly).
#
# Behaviour: statement_timeout can be set and is shown, but no statement is ever ended by it: there
# are no signals in there. pg_cancel_backend() answers false.
# An expert expects: error 57014 as from any Postgres, or that SET refuses what has no effect.
# Seen: with 50 ms, sleeping for half a second and counting a million rows both succeed.
# Why it matters: a test suite moved to PGlite for speed goes on passing its happy paths, while code
# that relies on the server to stop slow statements is never exercised.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages @electric-sql/pglite@0.5.14

cat >try.mjs <<'EOF'
import { PGlite } from "@electric-sql/pglite";

const db = await PGlite.create();
await db.exec("set statement_timeout = '50ms'");
for (const [what, sql] of [
  ["shown", "select current_setting('statement_timeout') as value"],
  ["sleep", "select 'slept' as value from pg_sleep(0.5)"],
  ["count", "select count(*)::int as value from generate_series(1, 1000000)"],
  ["cancel", "select pg_cancel_backend(pg_backend_pid()) as value"],
]) {
  const answer = await db.query(sql).then(({ rows }) => rows[0].value, (error) => error.code);
  console.log(`${what}: ${answer}`);
}
await db.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
shown: 50ms
sleep: slept
count: 1000000
cancel: false
EOF
