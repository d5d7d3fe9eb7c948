#!/usr/bin/env bash
# postgres 3.4.9 (Postgres.js) and @electric-sql/pglite 0.5.14 beside pg 8.23.1, on PostgreSQL 18.
#
# Behaviour: for a column of type timestamp, without time zone, Postgres.js and PGlite write a Date as its
# time in UTC and read the column as local time of the host. On a host that is not in UTC a Date does not
# come back: each "read and write back" moves it by the offset, always in the same direction. pg does both
# in local time, drizzle both in UTC.
# An expert expects: that the type is a trap between hosts and between drivers; but that one driver on one
# host gives back what it was given.
# Seen: in Berlin noon becomes 11:00, 10:00, 09:00 with two of the three drivers, in UTC it stays.
# Why it matters: `timestamp` is what most schema tools make by default. A form that saves a row with its
# created-at drifts an hour a time on developers' machines and on hosts with a local clock, never in CI.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages postgres@3.4.9 pg@8.23.1

cat >try.mjs <<'EOF'
import pg from "pg";
import postgres from "postgres";
import { address, pglite, stop } from "./server.mjs";

const sql = postgres({ ...address, max: 1 });
const client = new pg.Client(address);
await client.connect();
await pglite.exec("create table visits (id int primary key, at timestamp)");
await pglite.exec("insert into visits values (1, null)");

const read = "select at from visits";
const write = "update visits set at = $1";
for (const [name, query] of Object.entries({
  pg: async (text, values) => (await client.query(text, values)).rows,
  "Postgres.js": (text, values) => sql.unsafe(text, values),
  PGlite: async (text, values) => (await pglite.query(text, values)).rows,
})) {
  await query(write, [new Date("2026-01-10T12:00:00Z")]);
  const seen = [];
  for (let cycle = 0; cycle < 3; cycle += 1) {
    const [{ at }] = await query(read);
    seen.push(at.toISOString().slice(11, 16));
    await query(write, [at]);
  }
  console.log(`${process.env.TZ}, ${name}: 12:00 written, read and written back: ${seen.join(", ")}`);
}
await sql.end();
await client.end();
await stop();
EOF

as_described "$(TZ=UTC node try.mjs && TZ=Europe/Berlin node try.mjs)" <<'EOF'
UTC, pg: 12:00 written, read and written back: 12:00, 12:00, 12:00
UTC, Postgres.js: 12:00 written, read and written back: 12:00, 12:00, 12:00
UTC, PGlite: 12:00 written, read and written back: 12:00, 12:00, 12:00
Europe/Berlin, pg: 12:00 written, read and written back: 12:00, 12:00, 12:00
Europe/Berlin, Postgres.js: 12:00 written, read and written back: 11:00, 10:00, 09:00
Europe/Berlin, PGlite: 12:00 written, read and written back: 11:00, 10:00, 09:00
EOF
