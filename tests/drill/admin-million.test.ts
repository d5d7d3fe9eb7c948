import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { addUser, type Client } from "../../app/tests/support/client.ts";
import { startTestApp, type TestApp } from "../../app/tests/support/test-app.ts";
import { createTestDatabase, type TestDatabase } from "../../app/tests/support/test-database.ts";

/** Rows of each large table. */
const rows = Number(process.env["ADMIN_ROWS"] ?? "1000000");
/** Buffers of 8 kB that a page may read beyond a row's own for each row that a query returns. */
const mostBuffers = 200;

interface Asked {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
}

let home: TestDatabase;
let app: TestApp;
let admin: Client & { readonly id: number };

const fill = [
  "set statement_timeout = 0",
  "drop index customers_search, customers_search_parts",
  `insert into customers (name, email, company, city, notes)
   select 'Name ' || (i * 7919 % ${rows}), 'n' || i || '@example.test', 'Company ' || (i % 5000),
     'City ' || (i % 1000), case when i % 1000 = 0 then 'a rarely noted word' else '' end
   from generate_series(1::bigint, ${rows}) as i`,
  `insert into visits (customer_id, hall, day, guests)
   select 1 + i % ${rows}, (array['east', 'west', 'forum'])[1 + i % 3], date '2026-01-01' + (i % 300)::int, i % 5
   from generate_series(1::bigint, ${rows}) as i`,
  `insert into changes (resource, row_id, action, fields, at)
   select (array['customers', 'visits'])[1 + i % 2], i, (array['create', 'update', 'delete'])[1 + i % 3], '{}',
     now() - (${rows} - i) * interval '1 second' from generate_series(1::bigint, ${rows}) as i`,
  `insert into audit_events (event, subject, at)
   select (array['login', 'login-failed', 'logout'])[1 + i % 3], 'n' || i % 5000 || '@example.test',
     now() - (${rows} - i) * interval '1 second' from generate_series(1::bigint, ${rows}) as i`,
  "create index customers_search on customers using gin (search)",
  `create index customers_search_parts on customers using gin (word_parts(
     coalesce(name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(company, '') || ' ' ||
     coalesce(city, '') || ' ' || coalesce(notes, '')))`,
  "vacuum analyze customers, visits, changes, audit_events",
];

/** Queries that a page sends through the pool. */
async function queriesOf(path: string): Promise<Asked[]> {
  const found: Asked[] = [];
  const listener = (query: Asked) => found.push(query);
  app.pool.on("query", listener);
  try {
    const { status } = await admin.call("GET", path);
    assert.equal(status, 200, path);
  } finally {
    app.pool.removeListener("query", listener);
  }
  return found.filter(({ sql }) => /^\s*(?:select|with)\b/i.test(sql));
}

interface Plan {
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly "Actual Rows": number;
}

/** Buffers that a query reads beyond one for each row that it returns. */
async function buffersOf({ sql, bindings = [] }: Asked): Promise<number> {
  const found = await home.database.raw<{ rows: { "QUERY PLAN": { Plan: Plan }[] }[] }>(
    `explain (analyze, buffers, format json) ${sql.replaceAll(/\$\d+/g, "?")}`,
    [...bindings] as string[],
  );
  const plan = found.rows[0]?.["QUERY PLAN"][0]?.Plan;
  assert.ok(plan, sql);
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] - plan["Actual Rows"];
}

const middle = Math.floor(rows / 2);
const deep = Buffer.from(JSON.stringify([`Name ${middle}`, middle])).toString("base64url");
/**
 * Pages that read more: where the index that finds the rows does not have their order, each row
 * that is found is read once, to sort them.
 */
const sorted: ReadonlyMap<string, number> = new Map([
  ["/admin/customers?city=City+500&sort=name", 1 + rows / 1000],
  ["/admin/customers?search=arel", 1 + rows / 1000],
  ["/admin/customers?search=rarely+noted", 1 + rows / 1000],
]);

const pages: readonly string[] = [
  "/admin",
  "/admin/customers",
  "/admin/customers?sort=name",
  `/admin/customers?sort=name&after=${deep}`,
  `/admin/customers?sort=-name&before=${deep}`,
  "/admin/customers?sort=city",
  "/admin/customers?city=City+500",
  "/admin/customers?city=City+500&sort=name",
  "/admin/customers?city-empty=yes",
  "/admin/customers?city-empty=no",
  "/admin/customers?search=n4711",
  "/admin/customers?search=name",
  "/admin/customers?search=example",
  "/admin/customers?search=arel",
  "/admin/customers?search=rarely+noted",
  "/admin/customers?search=nobodyatall",
  "/admin/customers?search=example&city=City+500",
  `/admin/customers/${middle}`,
  `/admin/customers/${middle}/delete`,
  "/admin/customers/deleted",
  "/admin/customers/suggest?text=name",
  "/admin/customers/suggest?text=4711",
  "/admin/customers/import/sample",
  "/admin/visits",
  "/admin/visits?hall=east",
  "/admin/visits?hall=east&sort=day",
  "/admin/visits?day-from=2026-03-01&day-to=2026-03-02",
  `/admin/visits?customerId=${middle}`,
  "/admin/history",
  "/admin/history?resource=visits",
  "/admin/history?action=delete",
  "/admin/history?resource=visits&action=delete",
  "/admin/audit",
  "/admin/audit?event=login-failed",
  "/admin/audit?subject=n42@example.test",
  "/admin/audit?from=2020-01-01&to=2020-01-02",
  "/admin/audit?from=2020-01-01&event=logout",
  "/admin/audit?actor=nobody@example.test&to=2020-01-02",
  "/admin/users",
  "/admin/groups",
  "/admin/invitations",
  "/admin/media",
  "/admin/jobs",
];

await describe(`the administration at ${rows} rows`, { timeout: 3_600_000 }, () => {
  before(async () => {
    home = await createTestDatabase();
    for (const statement of fill) await home.database.raw(statement);
    app = await startTestApp({ home });
    admin = await addUser(app, "admin");
  });
  after(async () => {
    await app.close();
    await home.drop();
  });

  for (const path of pages) {
    const most = mostBuffers + (sorted.get(path) ?? 0);
    test(`${path} reads ${most} buffers at most beyond what it shows`, async (t) => {
      const figures = await Promise.all(
        (await queriesOf(path)).map(async (query) => ({ sql: query.sql, buffers: await buffersOf(query) })),
      );
      const sum = figures.reduce((total, { buffers }) => total + buffers, 0);
      t.diagnostic(`${sum} buffers in ${figures.length} queries`);
      const dearest = figures.sort((one, other) => other.buffers - one.buffers)[0];
      assert.ok(sum <= most, `${sum} buffers; most of them, ${dearest?.buffers}, by ${dearest?.sql}`);
    });
  }

  test("counts beyond their bound are estimates, and say so", async () => {
    for (const path of ["/admin/customers", "/admin/customers?search=name", "/admin/visits?hall=east"])
      assert.match((await admin.call("GET", path)).text, /about [\d,]+ entries \(estimated\)/, path);
  });
});
