import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { startTestApp } from "../../tests/support/test-app.ts";
import { settleLogs } from "./audit/settle-logs.ts";
import { openDatabase } from "./database/open-database.ts";
import { sweepJob } from "./sweep-job.ts";

const call = { id: "sweep", signal: new AbortController().signal };

test("deletes rows older than their retention, in several batches, and no newer ones", async () => {
  const app = await startTestApp();
  try {
    const { database } = app;
    await database.raw(`
      insert into audit_events (at, event) select now() - interval '8 days', 'old' from generate_series(1, 12000);
      insert into audit_events (at, event) select now() - interval '6 days', 'young' from generate_series(1, 10);
      insert into changes (at, resource, row_id, action, fields)
        select now() - n * interval '1 day', 'customers', 1, 'update', '{}' from generate_series(1, 100) n order by n desc;
      insert into idempotency_keys (scope, key, fingerprint, status, created_at)
        select 'user 1', 'key ' || n, '', 200, now() - interval '3 hours' from generate_series(1, 6000) n;
      insert into idempotency_keys (scope, key, fingerprint, status) values ('user 1', 'young', '', 200);
    `);
    const count = async (table: string) =>
      Number((await database(table).count<{ count: number }[]>("* as count"))[0]?.count);
    const serving = openDatabase(app.serving, { applicationName: "tests", log: pino({ level: "silent" }) });
    const sweep = sweepJob(serving, 2);
    await settleLogs(database, { auditDays: 7, historyDays: 50 });
    await sweep.run({}, call);
    assert.equal(await count("audit_events"), 10);
    assert.ok([49, 50].includes(await count("changes")));
    assert.equal(await count("idempotency_keys"), 1);
    await database.raw("update audit_events set at = now() - interval '10 years'");
    await settleLogs(database, { auditDays: 0, historyDays: 0 });
    await sweep.run({}, call);
    await serving.destroy();
    assert.equal(await count("audit_events"), 10, "0 is for ever");
  } finally {
    await app.close();
  }
});
