#!/usr/bin/env bash
# @electric-sql/pglite-socket 0.2.17 with @electric-sql/pglite 0.5.14.
#
# Behaviour: with `maxConnections` the server takes several clients, and all of them share the one
# session that PGlite has. Each client waits while another one is in a transaction, but what belongs to
# a session in Postgres belongs to all: settings, advisory locks, temporary tables. It also outlives the
# client that made it.
# An expert expects: one session for each connection, as with Postgres or with any pooler in front of it;
# or, since PGlite is single-user, no second connection.
# Seen: two clients hold the same exclusive advisory lock and have the same backend pid; search_path as
# set by the one holds for the other; after the end of the first the lock and its table are still there.
# Why it matters: tests and local set-ups on it pass code that is wrong. The lock that keeps two migrations
# apart (node-pg-migrate, prisma) never refuses, and `set role` or a tenant's setting holds for the next
# client.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pg@8.23.1 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17

cat >try.mjs <<'EOF'
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import pg from "pg";

const server = new PGLiteSocketServer({
  db: await PGlite.create(),
  port: 0,
  host: "127.0.0.1",
  maxConnections: 5,
});
const ready = new Promise((resolve) => {
  server.addEventListener("listening", (event) => resolve(event.detail));
});
await server.start();
const { port } = await ready;
async function connect() {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  await client.connect();
  const value = async (sql) => Object.values((await client.query(sql)).rows[0] ?? {})[0];
  return { client, value };
}
const first = await connect();
const second = await connect();
const pids = [await first.value("select pg_backend_pid()"), await second.value("select pg_backend_pid()")];
console.log(`same backend: ${pids[0] === pids[1]}`);
for (const [name, { value }] of Object.entries({ first, second })) {
  console.log(`${name} has the lock: ${await value("select pg_try_advisory_lock(1)")}`);
}
await first.value("set search_path to tenant_a");
console.log(`search_path of second: ${await second.value("show search_path")}`);
await first.value("create temporary table basket (id int)");
await first.client.end();
const third = await connect();
const locks = await third.value("select count(*) from pg_locks where locktype = 'advisory'");
console.log(`after the end of first, locks held: ${locks}`);
console.log(`its temporary table: ${await third.value("select to_regclass('pg_temp.basket')")}`);
await second.client.end();
await third.client.end();
await server.stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
same backend: true
first has the lock: true
second has the lock: true
search_path of second: tenant_a
after the end of first, locks held: 1
its temporary table: basket
EOF
