#!/usr/bin/env bash
# knex 3.3.0 with pg 8.23.1, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: whereJsonPath() looks at the value that it is given. If it reads as a number, a string of
# digits too, the document's value is cast to ::int; to ::float only if the value lies between -1 and 1.
# Anything else compares text.
# An expert expects: numbers are compared as numerics, strings as text.
# Seen: 19.4 equals 19 and is not greater than 19; 19.5 equals 20; a postal code "01234" given as a
# string fails, as JSON strings cannot be cast; 19.4 as the value fails, while 0.5 works.
# Why it matters: prices in a JSON column are filtered by rounded values, silently, and a search box
# works with "abc" and answers 500 with "123".
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
await db.raw("create table products (document jsonb)");
await db("products").insert([
  { document: { price: 19.4, zip: "01234", name: "abc" } },
  { document: { price: 19.5, zip: "01235", name: "def" } },
]);

for (const [path, operator, value] of [
  ["price", ">", 19],
  ["price", "=", 19],
  ["price", "=", 20],
  ["price", "=", 19.4],
  ["price", ">", 0.5],
  ["zip", "=", "01234"],
  ["name", "=", "abc"],
]) {
  const found = await db("products")
    .whereJsonPath("document", `$.${path}`, operator, value)
    .then((rows) => rows.map(({ document }) => document[path]).join(" "))
    .catch((error) => `error ${error.code}`);
  console.log(`${path} ${operator} ${JSON.stringify(value)}: ${found}`);
}
await db.destroy();
await stop();
EOF

as_described "$(node try.mjs)" <<'EOF'
price > 19: 19.5
price = 19: 19.4
price = 20: 19.5
price = 19.4: error 22P02
price > 0.5: 19.4 19.5
zip = "01234": error 22023
name = "abc": abc
EOF
