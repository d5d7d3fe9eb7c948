/** `order-items` → `orderItems`. */
export function camel(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `order-items` → `Order items`. */
function title(name: string): string {
  const words = name.replaceAll("-", " ");
  return `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}`;
}

/** One of them, guessed: `categories` → `category`, `boxes` → `box`, `orders` → `order`. */
export function singular(name: string): string {
  return name
    .replace(/ies$/, "y")
    .replace(/(x|ch|sh|ss)es$/, "$1")
    .replace(/([^s])s$/, "$1");
}

function stamp(now: Date): string {
  return now.toISOString().slice(0, 16).replaceAll("-", "").replace("T", "_").replace(":", "");
}

function declaration(name: string, table: string): string {
  const one = title(singular(name));
  return `import { z } from "zod";
import { defineResource } from "../../platform/resources/resource.ts";

/** ${title(name)}: their fields, and how people see them. */
export const ${camel(name)} = defineResource({
  name: "${name}",
  table: "${table}",
  label: { one: { en: "${one}", ru: "${one}" }, many: { en: "${title(name)}", ru: "${title(name)}" } },
  title: "name",
  searchColumn: "search",
  schema: z.strictObject({
    name: z.string().trim().min(1).max(200),
    notes: z.string().max(4000).default(""),
  }),
  fields: {
    name: { label: { en: "Name", ru: "Название" }, control: { kind: "text" }, list: true, sort: true },
    notes: { label: { en: "Notes", ru: "Заметки" }, control: { kind: "textarea" } },
  },
});
`;
}

function migration(table: string): string {
  return `import type { Knex } from "knex";

export async function up(database: Knex): Promise<void> {
  await database.raw(\`
    create table ${table} (
      id bigint generated always as identity primary key,
      name text not null,
      notes text not null default '',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      version integer not null default 1,
      search tsvector generated always as (to_tsvector('simple', name || ' ' || notes)) stored
    );
    create index ${table}_name on ${table} (name, id);
    create index ${table}_search on ${table} using gin (search);
  \`);
}

export async function down(database: Knex): Promise<void> {
  await database.raw("drop table ${table}");
}
`;
}

function moduleFile(name: string): string {
  return `import type { AppModule } from "../../platform/modules/module.ts";
import { ${camel(name)} } from "./${name}.ts";

/** ${title(name)}. Routes, jobs and sample data of their own go here too: see AppModule. */
export const module: AppModule = {
  resources: [${camel(name)}],
};
`;
}

function testFile(name: string): string {
  return `import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp();
  staff = await addUser(app, "staff", { ${JSON.stringify(name)}: "delete" });
});

after(async () => {
  await app.close();
});

test("create, find, change and delete one by the API", async () => {
  const created = await staff.call("POST", "/api/v1/${name}", { body: { name: "First" } });
  assert.equal(created.status, 201);
  const place = created.headers.get("location") ?? "";
  const found = await staff.call("GET", "/api/v1/${name}?search=fir");
  assert.equal(found.json<{ items: unknown[] }>().items.length, 1);
  const headers = { "If-Match": created.headers.get("etag") ?? "" };
  const changed = await staff.call("PUT", place, { body: { name: "Second" }, headers });
  assert.equal(changed.json()["name"], "Second");
  assert.equal((await staff.call("DELETE", place)).status, 204);
  assert.equal((await staff.call("GET", place)).status, 404);
});

test("it shows up in the API documentation and in the admin interface", async () => {
  const { paths } = (await staff.call("GET", "/api/v1/openapi.json")).json<{ paths: object }>();
  assert.ok(Object.hasOwn(paths, "/api/v1/${name}"));
  const saved = await staff.submit("/admin/${name}/new", "/admin/${name}/new", { name: "Third" });
  assert.equal(saved.status, 303);
  assert.match((await staff.call("GET", "/admin/${name}")).text, /Third/);
});

test("staff without the permission are refused", async () => {
  const other = await addUser(app, "staff");
  assert.equal((await other.call("GET", "/api/v1/${name}")).status, 403);
});
`;
}

/** The files of a new module, by their place in its folder. */
export function moduleFiles(name: string, now: Date): Readonly<Record<string, string>> {
  const table = name.replaceAll("-", "_");
  return {
    "module.ts": moduleFile(name),
    [`${name}.ts`]: declaration(name, table),
    [`${name}.test.ts`]: testFile(name),
    [`migrations/${stamp(now)}_${table}_create.ts`]: migration(table),
  };
}
