#!/usr/bin/env bash
# pg 8.23.1 beside postgres 3.4.9 (Postgres.js).
#
# Behaviour: pg takes statement_timeout, lock_timeout and idle_in_transaction_session_timeout from the
# URL or its options, and sends Postgres the digits in front alone: 30s is sent as 30, which is 30
# milliseconds. query_timeout, which pg keeps itself, is handed to setTimeout as text, so 30s is NaN:
# 1 millisecond.
# An expert expects: the names are those of Postgres' settings, so a value is what SET and
# postgresql.conf take, "30s" and "5min" above all; or an error.
# Seen: what goes over the wire is 30, 5 and 2, and a query of 0.2 s is ended by a query_timeout of 30s.
# Postgres.js sends the text as it is written.
# Why it matters: a limit that was meant to be generous refuses almost every query, or only the slow
# ones, in production; 30s in the one driver's URL is a thousandth of 30s in the other's.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pg@8.23.1 postgres@3.4.9

# The server lets anybody in, keeps the settings of the startup message, and answers a query after 0.2 s.
cat >try.mjs <<'EOF'
import { once } from "node:events";
import { createServer } from "node:net";
import pg from "pg";
import postgres from "postgres";

const settings = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
const message = (type, body) => {
  const head = Buffer.from(`${type}....`);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, Buffer.from(body)]);
};
const ready = message("Z", "I");
let sent;
const server = createServer((socket) => {
  socket.once("data", (startup) => {
    const words = startup.subarray(8).toString().split("\0");
    sent = settings.map((name) => `${name}=${words[words.indexOf(name) + 1]}`).join(", ");
    socket.write(Buffer.concat([message("R", [0, 0, 0, 0]), ready]));
    socket.on("data", () => setTimeout(() => socket.write(Buffer.concat([message("C", "SELECT 1\0"), ready])), 200));
  });
  socket.on("error", () => {});
});
await once(server.listen(0, "127.0.0.1"), "listening");
const url =
  `postgres://user:pass@127.0.0.1:${server.address().port}/shop?statement_timeout=30s&lock_timeout=5min` +
  "&idle_in_transaction_session_timeout=2h";
const sql = postgres(url, { max: 1, fetch_types: false });
await sql`select 1`.simple();
console.log(`postgres sends ${sent}`);
await sql.end();
for (const timeout of ["", "query_timeout=30s"]) {
  const client = new pg.Client(`${url}&${timeout}`);
  client.on("error", () => {});
  await client.connect();
  const result = await client.query("select 1").then(() => "answered", (error) => error.message);
  console.log(`pg, query of 0.2 s, ${timeout || "no query_timeout"}: ${result}`);
  client.connection.stream.destroy();
}
console.log(`pg sends ${sent}`);
server.close();
EOF

as_described "$(node try.mjs 2>/dev/null)" <<'EOF'
postgres sends statement_timeout=30s, lock_timeout=5min, idle_in_transaction_session_timeout=2h
pg, query of 0.2 s, no query_timeout: answered
pg, query of 0.2 s, query_timeout=30s: Query read timeout
pg sends statement_timeout=30, lock_timeout=5, idle_in_transaction_session_timeout=2
EOF
