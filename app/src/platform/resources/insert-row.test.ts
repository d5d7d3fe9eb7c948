import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { createTestDatabase, type TestDatabase } from "../../../tests/support/test-database.ts";
import { customers } from "../../modules/customers/customers.ts";
import { defineRoute } from "../http/route.ts";
import type { Row } from "./resource.ts";
import { changesOf, difference } from "./change-log.ts";
import { defineResource } from "./resource.ts";

const many = Array.from({ length: 60 }, (_, place) => `field${place}`);
const words = { en: "Thing", ru: "Вещь" };
const maybe = Array.from({ length: 6 }, (_, place) => `maybe${place}`);
/** More fields than a function of Postgres takes arguments, a moment, and what may be left out. */
const things = defineResource({
  name: "things",
  table: "public.things",
  label: { one: words, many: words },
  title: "field0",
  schema: z.strictObject({
    at: z.coerce.date().nullable().default(null),
    amount: z.number().default(0),
    ...Object.fromEntries(maybe.map((name) => [name, z.number().int().optional()])),
    ...Object.fromEntries(many.map((name) => [name, z.string().default("it's")])),
  }),
  fields: {
    at: { label: words, control: { kind: "moment" } },
    ...Object.fromEntries(
      ["amount", ...maybe].map((name) => [name, { label: words, control: { kind: "number" as const } }]),
    ),
    ...Object.fromEntries(many.map((name) => [name, { label: words, control: { kind: "text" as const } }])),
  },
});

/** Tries to create one that is there already, and writes something else after the refusal. */
const trying = defineRoute({
  method: "post",
  path: "/api/v1/trying",
  access: "signed-in",
  summary: "Tries",
  body: z.object({}),
  answers: { 200: { description: "What became of it" } },
  handle: async ({ context }) => {
    const service = app.services.get("customers");
    const values = { name: "Twice", email: "twice@insert.test", company: "", city: "", notes: "" };
    const actor = context.session().person.id;
    await service?.create(values, actor);
    const refused = await service?.create(values, actor).then(
      () => "made",
      () => "refused",
    );
    await service?.create({ ...values, email: "after@insert.test" }, actor);
    return { status: 200, json: { refused } };
  },
});

let home: TestDatabase;
let app: TestApp & {
  readonly services: ReadonlyMap<string, { create(values: object, actor: number | undefined): Promise<Row> }>;
};
let admin: Client;

before(async () => {
  home = await createTestDatabase();
  const columns = [
    ...many.map((name) => `${name} text not null default ''`),
    ...maybe.map((name) => `${name} integer`),
  ].join(", ");
  await home.database.raw(
    `create table things (id bigint generated always as identity primary key, at timestamptz, amount numeric not null, ${columns},
       created_at timestamptz not null default now(), updated_at timestamptz not null default now(), version integer not null default 1)`,
  );
  let services: unknown;
  const started = await startTestApp({
    home,
    modules: [
      {
        name: "things",
        folder: "things",
        resources: [customers, things],
        routes: ({ resources }) => {
          services = resources;
          return [trying];
        },
      },
    ],
  });
  app = Object.assign(started, { services: services as typeof app.services });
  admin = await addUser(app, "admin");
});

after(async () => {
  await app.close();
  await home.drop();
});

test("the history of a new row is what its fields came from: nothing", async () => {
  for (const [resource, body] of [
    [customers, { name: "Ända", email: "a@insert.test", notes: 'a "quoted"\nline' }],
    [things, { at: "2026-03-04T05:06:07.089Z", field3: "o'clock", maybe2: -7 }],
    [things, { amount: 12345678.875 }],
    [things, {}],
  ] as const) {
    const made = await admin.call("POST", `/api/v1/${resource.name}`, { body });
    assert.equal(made.status, 201, made.text);
    const row = made.json<Record<string, unknown> & { id: number }>();
    const [change] = await changesOf(home.database, resource.name, row.id);
    const expected = difference(undefined, row, Object.keys(resource.fields));
    assert.deepEqual([change?.action, change?.fields], ["create", expected]);
    assert.deepEqual((await admin.call("GET", `/api/v1/${resource.name}/${row.id}`)).json(), row);
  }
});

test("a handler may go on after a row was refused, in one transaction with its key too", async () => {
  const headers = { "Idempotency-Key": "insert-after-1" };
  const answer = await admin.call("POST", "/api/v1/trying", { body: {}, headers });
  assert.deepEqual([answer.status, answer.json()], [200, { refused: "refused" }], answer.text);
  const rows = await home.database("customers").whereIn("email", ["twice@insert.test", "after@insert.test"]);
  assert.equal(rows.length, 2);
});

test("whatever fields are left out, a connection keeps a few statements only", async () => {
  const service = app.services.get("things");
  for (let given = 0; given < 2 ** maybe.length; given += 1) {
    const values = Object.fromEntries(
      maybe.filter((_, place) => given & (1 << place)).map((name) => [name, given]),
    );
    const row = await service?.create({ amount: 1, ...values }, undefined);
    assert.deepEqual(
      maybe.map((name) => row?.[name] ?? undefined),
      maybe.map((name) => values[name]),
    );
  }
  const kept = await app
    .pool("pg_prepared_statements")
    .where("statement", "like", '%insert into "public"."things"%')
    .pluck("name");
  assert.ok(kept.length <= 50, `${kept.length} statements`);
});
