#!/usr/bin/env bash
# postgres 3.4.9 (Postgres.js) beside pg 8.23.1, on PostgreSQL 18 (PGlite 0.5.14 behind a socket).
#
# Behaviour: Postgres.js asks the server for the type of each parameter, and serializes whatever goes to
# json or jsonb. A text made by JSON.stringify() is serialized once more and stored as a JSON string that
# contains JSON, also with ::jsonb behind it. Reading gives the text back, as it was put in.
# An expert expects: a text that is valid JSON goes in as JSON, as with pg, where JSON.stringify() is the
# advice for arrays, and with any ::jsonb in SQL.
# Seen: jsonb_typeof is string and ->> finds nothing, for a helper, a parameter and a cast alike. Only the
# object itself, or a cast by way of text, gives an object. With pg both give one.
# Why it matters: the program that wrote it parses it and is content. Queries, indexes and reports on the
# column find nothing, and a table that was moved over from pg holds both kinds.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages postgres@3.4.9 pg@8.23.1

cat >try.mjs <<'EOF'
import pg from "pg";
import postgres from "postgres";
import { address, stop } from "./server.mjs";

const sql = postgres({ ...address, max: 1 });
await sql`create table events (how text, body jsonb)`;
const body = { kind: "paid" };
const text = JSON.stringify(body);
await sql`insert into events ${sql({ how: "Postgres.js, object", body })}`;
await sql`insert into events ${sql({ how: "Postgres.js, text in a helper", body: text })}`;
await sql`insert into events values ('Postgres.js, text', ${text})`;
await sql`insert into events values ('Postgres.js, text::jsonb', ${text}::jsonb)`;
await sql`insert into events values ('Postgres.js, text::text::jsonb', ${text}::text::jsonb)`;
await sql.end();
const client = new pg.Client(address);
await client.connect();
await client.query("insert into events values ('pg, object', $1)", [body]);
await client.query("insert into events values ('pg, text', $1)", [text]);
const { rows } = await client.query("select how, jsonb_typeof(body) as type, body ->> 'kind' as kind from events");
for (const { how, type, kind } of rows) console.log(`${how}: ${type}, kind ${kind}`);
await client.end();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
Postgres.js, object: object, kind paid
Postgres.js, text in a helper: string, kind null
Postgres.js, text: string, kind null
Postgres.js, text::jsonb: string, kind null
Postgres.js, text::text::jsonb: object, kind paid
pg, object: object, kind paid
pg, text: object, kind paid
EOF
