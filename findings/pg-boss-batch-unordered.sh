#!/usr/bin/env bash
# pg-boss 12.38.0, on PostgreSQL 18 (PGlite 0.5.14).
#
# Behaviour: fetch(queue, { batchSize }) picks the jobs of highest priority, but hands them over in the
# order in which the UPDATE happens to return them. Priority decides which jobs are in a batch, not
# their order in it; work() passes the same array to its handler.
# An expert expects: the array is ordered as the queue is: priority, then age.
# Seen: of 20 jobs with mixed priorities a batch of 8 holds the 8 highest, not in order; fetched one by
# one they come in order.
# Why it matters: a handler that goes through its batch in sequence does urgent work late, and events of
# one customer are applied in the wrong order.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages pg-boss@12.38.0 @electric-sql/pglite@0.5.14

cat >try.mjs <<'EOF'
import { PGlite } from "@electric-sql/pglite";
import { PgBoss } from "pg-boss";

const pglite = await PGlite.create();
const db = {
  executeSql: async (sql, values) =>
    values?.length ? pglite.query(sql, values) : { rows: (await pglite.exec(sql)).flatMap(({ rows }) => rows) },
};
const boss = new PgBoss({ db, supervise: false, schedule: false });
await boss.start();
const priorities = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1);
const highest = [20, 19, 18, 17, 16, 15, 14, 13];
async function fill(queue) {
  await boss.createQueue(queue);
  for (const priority of priorities) await boss.send(queue, { priority }, { priority });
}
const prioritiesOf = (jobs) => jobs.map(({ data }) => data.priority);
const describe = (seen) => {
  const members = [...seen].sort((a, b) => b - a).join() === highest.join();
  return `the eight highest ${members}, in order ${seen.join() === highest.join()}`;
};
await fill("batch");
console.log(`batch: ${describe(prioritiesOf(await boss.fetch("batch", { batchSize: 8 })))}`);
await fill("single");
const singles = [];
for (let i = 0; i < 8; i += 1) singles.push(...prioritiesOf(await boss.fetch("single")));
console.log(`one by one: ${describe(singles)}`);
await boss.stop({ graceful: false });
await pglite.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
batch: the eight highest true, in order false
one by one: the eight highest true, in order true
EOF
