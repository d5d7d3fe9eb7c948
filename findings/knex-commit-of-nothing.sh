#!/usr/bin/env bash
# knex 3.3.0 with pg 8.23.1, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: a transaction whose callback catches a failed statement and returns resolves with the
# callback's value, though Postgres has answered COMMIT with ROLLBACK and kept nothing. knex does
# not look at the answer.
# An expert expects: knex rejects, since the server says that it has rolled back; or every further
# statement fails (25P02), so that the mistake cannot pass unseen. The latter holds only if there is
# a further statement.
# Seen: "saved" is returned, the update before the caught error is gone. A savepoint (a nested
# transaction around the statement that may fail) keeps it.
# Why it matters: "insert, and ignore a duplicate" inside a request's transaction answers 200 and
# loses everything else which that request wrote.
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
await db.schema.createTable("orders", (table) => {
  table.integer("id").primary();
  table.text("state");
});

async function attempt(insertDuplicate) {
  await db("orders").truncate();
  await db("orders").insert({ id: 1, state: "open" });
  const answer = await db.transaction(async (trx) => {
    await trx("orders").update({ state: "paid" });
    await insertDuplicate(trx).catch((error) => console.log(`caught ${error.code}`));
    return "saved";
  });
  console.log(`transaction resolves: ${answer}; state in the table: ${(await db("orders").first()).state}`);
}
await attempt((trx) => trx("orders").insert({ id: 1 }));
await attempt((trx) => trx.transaction((inner) => inner("orders").insert({ id: 1 })));
await db.destroy();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
caught 23505
transaction resolves: saved; state in the table: open
caught 23505
transaction resolves: saved; state in the table: paid
EOF
