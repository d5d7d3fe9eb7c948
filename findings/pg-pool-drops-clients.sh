#!/usr/bin/env bash
# pg 8.23.1 with pg-pool 3.14.0, on PostgreSQL 18 (PGlite 0.5.14 behind a socket).
#
# Behaviour: pool.query() releases its client together with the query's error, and release(error)
# throws the client away. So every statement that Postgres refuses, a unique violation too, costs a
# connection. With pool.connect() and release() the client is kept.
# An expert expects: an SQL error leaves the connection sound, hence pooled; only broken connections
# are replaced.
# Seen: 10 refused inserts through pool.query() open 10 connections more; the same 10 through a client
# that is checked out open none.
# Why it matters: "insert, catch 23505" as the usual path means a TCP and TLS handshake, a password
# check and a new backend process for each duplicate. knex, which has a pool of its own, does not.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages pg@8.23.1 pg-pool@3.14.0

cat >try.mjs <<'EOF'
import pg from "pg";
import { address, stop } from "./server.mjs";

const pool = new pg.Pool({ ...address, max: 1 });
let opened = 0;
pool.on("connect", () => (opened += 1));
await pool.query("create table users (email text primary key)");
await pool.query("insert into users values ('a')");
const duplicate = "insert into users values ('a')";

async function count(how, insert) {
  const before = opened;
  const codes = new Set();
  for (let i = 0; i < 10; i += 1) await insert().catch((error) => codes.add(error.code));
  await pool.query("select 1");
  console.log(`${how}: errors ${[...codes].join()}, connections opened: ${opened - before}`);
}
await count("pool.query", () => pool.query(duplicate));
await count("checked out", async () => {
  const client = await pool.connect();
  try {
    await client.query(duplicate);
  } finally {
    client.release();
  }
});
await pool.end();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
pool.query: errors 23505, connections opened: 10
checked out: errors 23505, connections opened: 0
EOF
