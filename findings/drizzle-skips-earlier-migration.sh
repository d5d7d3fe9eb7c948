#!/usr/bin/env bash
# drizzle-orm 0.45.4, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: migrate() looks at one row of its table, the one with the latest time, and applies the
# migrations of the journal whose time is later. It compares neither names nor hashes. A migration that
# another branch made earlier and merged later is older than that row and is never applied; an edited
# one is not noticed.
# An expert expects: what is in the journal and not in the table is applied (knex, umzug, Rails), or
# the odd order is an error (node-pg-migrate, Flyway).
# Seen: three migrations in the journal, two applied, and migrate() resolves. A new database, as in CI,
# gets all three.
# Why it matters: two branches with a migration each are everyday work. The second to be merged may
# be the first that was made: tests pass, the deploy succeeds, and the table is missing in production.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages drizzle-orm@0.45.4 @electric-sql/pglite@0.5.14

mkdir -p migrations/meta
echo 'create table orders (id int);' >migrations/0000_orders.sql
echo 'create table invoices (id int);' >migrations/0001_invoices.sql
echo 'create table refunds (id int);' >migrations/0002_refunds.sql

cat >try.mjs <<'EOF'
import { writeFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";

// The journal as drizzle-kit writes it: `when` is the time at which the migration was made.
const made = {
  "0000_orders": Date.UTC(2026, 0, 1),
  "0001_invoices": Date.UTC(2026, 0, 5),
  "0002_refunds": Date.UTC(2026, 0, 3),
};
function journal(...tags) {
  const entries = tags.map((tag, idx) => ({ idx, version: "7", when: made[tag], tag, breakpoints: true }));
  writeFileSync("migrations/meta/_journal.json", JSON.stringify({ version: "7", dialect: "postgresql", entries }));
}
async function deploy(name, client) {
  await migrate(drizzle({ client }), { migrationsFolder: "migrations" });
  const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public' order by 1");
  console.log(`${name}: ${rows.map(({ tablename }) => tablename).join(", ")}`);
}
const production = await PGlite.create();
journal("0000_orders", "0001_invoices");
await deploy("production, first branch", production);
journal("0000_orders", "0001_invoices", "0002_refunds");
await deploy("production, both branches", production);
const fresh = await PGlite.create();
await deploy("new database, both branches", fresh);
await production.close();
await fresh.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
production, first branch: invoices, orders
production, both branches: invoices, orders
new database, both branches: invoices, orders, refunds
EOF
