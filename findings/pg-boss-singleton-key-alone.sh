#!/usr/bin/env bash
# pg-boss 12.38.0, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: singletonKey by itself keeps nothing apart: in a queue of the standard policy each send() with
# the same key makes a job. Up to version 9 the key was enough. With singletonSeconds there is one job per
# slot of the clock, counted from 1970, not one within that many seconds of the last.
# An expert expects: the second send() with a key returns null while the first job waits, or an error that
# the policy has no use for the key; and for an hour, at most one job in any hour.
# Seen: three sends with one key make three jobs. With slots of 10 s, two jobs two seconds apart are made
# across the slots' boundary. Only with a policy (short, stately, exclusive) is the key unique.
# Why it matters: the key is what is meant to keep a bill or a mail from being made twice; after the update
# from 9 nothing does, and "once an hour" sends twice within a minute now and then.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pg-boss@12.38.0 @electric-sql/pglite@0.5.14

cat >try.mjs <<'EOF'
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { PgBoss } from "pg-boss";

const pglite = await PGlite.create();
const db = {
  executeSql: async (sql, values) =>
    values?.length ? pglite.query(sql, values) : { rows: (await pglite.exec(sql)).flatMap(({ rows }) => rows) },
};
const boss = new PgBoss({ db, supervise: false, schedule: false });
await boss.start();
const made = (id) => (id === null ? "null" : "a job");
for (const policy of ["standard", "short", "exclusive"]) {
  await boss.createQueue(policy, { policy });
  const sent = [];
  for (let i = 0; i < 3; i += 1) sent.push(made(await boss.send(policy, {}, { singletonKey: "invoice 1" })));
  console.log(`${policy} queue, one key, three sends: ${sent.join(", ")}`);
}
await boss.createQueue("slots");
const send = async () => made(await boss.send("slots", {}, { singletonKey: "invoice 1", singletonSeconds: 10 }));
const left = () => 10_000 - (Date.now() % 10_000);
await sleep(left() + 8_500);
const before = [await send(), await send()];
await sleep(left() + 500);
console.log(`slots of 10 s: ${before.join(", ")}, and 2 s later ${await send()}`);
await boss.stop({ graceful: false });
await pglite.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
standard queue, one key, three sends: a job, a job, a job
short queue, one key, three sends: a job, null, null
exclusive queue, one key, three sends: a job, null, null
slots of 10 s: a job, null, and 2 s later a job
EOF
