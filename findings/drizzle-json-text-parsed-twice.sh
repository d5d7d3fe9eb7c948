#!/usr/bin/env bash
# drizzle-orm 0.45.4 with PGlite 0.5.14 and with pg 8.23.1, on PostgreSQL 18 (PGlite behind a socket).
#
# Behaviour: a json or jsonb value that is a text is read as JSON once more, after the driver has done so.
# A text that happens to be JSON comes back as what it says: "5" as the number 5, "null" as null, "{}" as
# an object. Other texts come back as they are.
# An expert expects: what was written, as drivers give it and as drizzle writes it.
# Seen: of five texts written, four are read as another type; in the table all of them are texts.
# Why it matters: settings and answers of a form are kept as JSON values. Somebody who types 42, true or
# null gets another value back, and only they do; an article 1e5 comes back as 100000.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages drizzle-orm@0.45.4 pg@8.23.1

cat >try.mjs <<'EOF'
import { integer, jsonb, pgTable } from "drizzle-orm/pg-core";
import { drizzle as onPg } from "drizzle-orm/node-postgres";
import { drizzle as onPglite } from "drizzle-orm/pglite";
import pg from "pg";
import { address, pglite, stop } from "./server.mjs";

const answers = pgTable("answers", { id: integer("id"), value: jsonb("value") });
const texts = ["1e5", "true", "null", '{"a":1}', "plain"];

async function roundTrip(name, db, query) {
  await query("drop table if exists answers");
  await query("create table answers (id int, value jsonb)");
  await db.insert(answers).values(texts.map((value, id) => ({ id, value })));
  const { rows } = await query("select id, value from answers order by id");
  const read = await db.select().from(answers).orderBy(answers.id);
  for (const [index, text] of texts.entries()) {
    console.log(
      `${name}, written ${JSON.stringify(text)}: the driver reads ${JSON.stringify(rows[index].value)}, ` +
        `drizzle ${JSON.stringify(read[index].value)}`,
    );
  }
}
await roundTrip("pglite", onPglite({ client: pglite }), (sql) => pglite.query(sql));
const client = new pg.Client(address);
await client.connect();
await roundTrip("pg", onPg({ client }), (sql) => client.query(sql));
await client.end();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
pglite, written "1e5": the driver reads "1e5", drizzle 100000
pglite, written "true": the driver reads "true", drizzle true
pglite, written "null": the driver reads "null", drizzle null
pglite, written "{\"a\":1}": the driver reads "{\"a\":1}", drizzle {"a":1}
pglite, written "plain": the driver reads "plain", drizzle "plain"
pg, written "1e5": the driver reads "1e5", drizzle 100000
pg, written "true": the driver reads "true", drizzle true
pg, written "null": the driver reads "null", drizzle null
pg, written "{\"a\":1}": the driver reads "{\"a\":1}", drizzle {"a":1}
pg, written "plain": the driver reads "plain", drizzle "plain"
EOF
