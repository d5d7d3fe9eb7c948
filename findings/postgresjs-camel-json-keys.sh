#!/usr/bin/env bash
# postgres 3.4.9 (Postgres.js), on PostgreSQL 18 (PGlite 0.5.14 behind a socket).
#
# Behaviour: `transform: postgres.camel` renames columns in both directions, and in one direction also
# the keys inside json and jsonb values, at any depth: reading gives camelCase, writing stores what it
# is given. Two keys that become the same leave one.
# An expert expects: what is in a JSON column is data and comes back as stored; or the renaming works
# both ways, as it does for columns.
# Seen: translations keyed by locale come back as enUS instead of en_US. Reading a value and writing it
# back unchanged alters the table, and drops one of the keys user_id and userId.
# Why it matters: settings, translations and webhook payloads are what JSON columns are for. A "read,
# change one thing, write" damages each row that it touches.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pglite_packages postgres@3.4.9

cat >try.mjs <<'EOF'
import postgres from "postgres";
import { address, stop } from "./server.mjs";

const sql = postgres({
  ...address,
  max: 1,
  transform: postgres.camel,
});
await sql`create table pages (page_id int, title_by_locale jsonb)`;
await sql`insert into pages ${sql({ pageId: 1, titleByLocale: { en_US: "Hi", user_id: 5, userId: 6 } })}`;
const stored = async () => (await sql`select title_by_locale::text as text from pages`)[0].text;
console.log(`stored: ${await stored()}`);
const [page] = await sql`select page_id, title_by_locale from pages`;
console.log(`read: ${JSON.stringify(page)}`);
await sql`update pages set title_by_locale = ${sql.json(page.titleByLocale)}`;
console.log(`written back: ${await stored()}`);
await sql.end();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
stored: {"en_US": "Hi", "userId": 6, "user_id": 5}
read: {"pageId":1,"titleByLocale":{"enUS":"Hi","userId":5}}
written back: {"enUS": "Hi", "userId": 5}
EOF
