#!/usr/bin/env bash
# knex 3.3.0 with pg 8.23.1, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: `insert(rows).onConflict(key).merge()` takes the union of the rows' keys for all rows.
# A row that does not mention a column gets DEFAULT for it, and the merge writes that DEFAULT over
# the value stored. The same row alone leaves the column as it is.
# An expert expects: merge() touches what a row gives, as it does for a single row; a batch is a
# faster way to say the same.
# Seen: two partial rows in one call erase each other's other column (one becomes NULL, one the
# column's default); one call each keeps both.
# Why it matters: an import which batches partial rows destroys data only when the batch is mixed.
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
await db.schema.createTable("customers", (table) => {
  table.integer("id").primary();
  table.text("name");
  table.text("phone").defaultTo("unknown");
});

async function upsert(how, batches) {
  await db("customers").truncate();
  await db("customers").insert([
    { id: 1, name: "Ada", phone: "111" },
    { id: 2, name: "Bo", phone: "222" },
  ]);
  for (const rows of batches) await db("customers").insert(rows).onConflict("id").merge();
  const rows = await db("customers").orderBy("id");
  console.log(`${how}: ${rows.map(({ name, phone }) => `${name}/${phone}`).join(" ")}`);
}
const newName = { id: 1, name: "Ada L." };
const newPhone = { id: 2, phone: "333" };
await upsert("one by one", [[newName], [newPhone]]);
await upsert("in one call", [[newName, newPhone]]);
await db.destroy();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
one by one: Ada L./111 Bo/333
in one call: Ada L./unknown null/333
EOF
