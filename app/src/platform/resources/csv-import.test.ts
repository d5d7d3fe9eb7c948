import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Answered, type Client, tokenIn } from "../../../tests/support/client.ts";
import { createSamples, sampleModule } from "../../../tests/support/samples.ts";
import { isLite } from "../../../tests/support/test-database.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { discoverModules } from "../modules/discover-modules.ts";
import type { ImportReport } from "./csv-import.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp({ modules: [...(await discoverModules()), sampleModule] });
  await createSamples(app.database);
  staff = await addUser(app, "staff", { customers: "edit", visits: "edit", samples: "delete" });
});

after(async () => {
  await app.close();
});

const send = (csv: string | Buffer, type = "text/csv", resource = "customers"): Promise<Answered> =>
  staff.call("POST", `/api/v1/${resource}/import`, {
    raw: typeof csv === "string" ? csv : new Uint8Array(csv),
    headers: { "Content-Type": type },
  });

async function report(csv: string | Buffer, type?: string, resource?: string): Promise<ImportReport> {
  const answer = await send(csv, type, resource);
  assert.equal(answer.status, 200, answer.text);
  return answer.json<ImportReport>();
}

async function refusal(csv: string | Buffer, type?: string): Promise<string> {
  const answer = await send(csv, type);
  assert.equal(answer.status, 400, answer.text);
  return answer.json<{ detail: string }>().detail;
}

const stored = async (email: string) =>
  app.database("customers").where({ email }).first<Record<string, unknown> | undefined>();
const count = async (table: string) =>
  Number((await app.database(table).count<{ count: number }[]>("* as count"))[0]?.count);

test("only the separator of the heading separates, and quotes inside a cell are part of it", async () => {
  const files = [
    "name,email,notes\nOne; two,comma@dialect.test,call back; urgent\tsoon",
    'name;email;notes\nDoe, Jane;semicolon@dialect.test;24" screen, 12,50',
    "name\temail\tnotes\nDoe, Jane; Dr.\ttab@dialect.test\ta, b; c",
    'name,email\r\nJohn "Johnny" Smith,quote@dialect.test\n"Mixed\r\nends",ends@dialect.test\r\n',
    '\n\n"name" ; "email" ;;\n  Padded  ;"padded@dialect.test";;\n;;;\n',
  ];
  for (const file of files) assert.deepEqual((await report(file)).errors, [], file);
  const seen = async (email: string) => {
    const row = await stored(`${email}@dialect.test`);
    return [row?.["name"], row?.["notes"]];
  };
  assert.deepEqual(await seen("comma"), ["One; two", "call back; urgent\tsoon"]);
  assert.deepEqual(await seen("semicolon"), ["Doe, Jane", '24" screen, 12,50']);
  assert.deepEqual(await seen("tab"), ["Doe, Jane; Dr.", "a, b; c"]);
  assert.deepEqual(await seen("quote"), ['John "Johnny" Smith', ""]);
  assert.deepEqual(await seen("ends"), ["Mixed\r\nends", ""]);
  assert.deepEqual(await seen("padded"), ["Padded", ""]);
});

test("a row with cells too many or too few is left out, and nothing of it moves to other columns", async () => {
  const { created, errors } = await report(
    "name;email;city\nDoe;John;short@cells.test;Riga\nfew@cells.test\nWhole;whole@cells.test;Oslo\n",
  );
  assert.equal(created, 1);
  assert.deepEqual(
    errors.map(({ row, message }) => [row, message]),
    [
      [2, "This row has 4 cells, the heading 3."],
      [3, "This row has 1 cell, the heading 3."],
    ],
  );
});

test("a file that cannot be read to its end changes nothing, and the answer names the row", async () => {
  const good = Array.from({ length: 600 }, (_, index) => `Good ${index},good${index}@whole.test\n`).join("");
  const before = await count("customers");
  for (const bad of ['A,"a@whole.test\n', '"A" b,a@whole.test\n', `A,"${"x".repeat(70_000)}"\n`]) {
    assert.match(
      await refusal(`name,email\n${good}${bad}`),
      /after row 601.*Nothing was saved/,
      bad.slice(0, 20),
    );
  }
  assert.match(
    await refusal(Buffer.concat([Buffer.from(`name,email\n${good}Ren`), Buffer.from([0xe9])])),
    /UTF-8/,
  );
  assert.equal(await count("customers"), before);
});

test("a file without rows, or with a heading that is none, is a problem", async () => {
  for (const empty of ["", "\n\n", "name,email", "name,email\n\n,\n", "\ufeff"])
    assert.match(await refusal(empty), /holds no rows/, JSON.stringify(empty));
  assert.match(await refusal("name,email,name\nA,a@head.test,B"), /named twice: name/);
  assert.match(await refusal("name,,email\nA,,a@head.test"), /Unknown columns/);
});

test("letters stay as they are, or the file is refused: no replacement character is saved", async () => {
  const text = "name,email\nИван Ёжиков,ivan@letters.test\n";
  const cyrillic = Buffer.from(
    Array.from(text, (letter) => {
      const code = letter.codePointAt(0) ?? 0;
      if (letter === "Ё") return 0xa8;
      if (letter === "ё") return 0xb8;
      return code < 128 ? code : code - 0x410 + 0xc0;
    }),
  );
  const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
  const bigEndian = Buffer.from(utf16).swap16();
  assert.match(await refusal(cyrillic), /CSV UTF-8/);
  assert.equal(await stored("ivan@letters.test"), undefined);
  for (const [file, type] of [
    [cyrillic, "text/csv; charset=windows-1251"],
    [utf16, "text/csv"],
    [bigEndian, "text/csv"],
    [Buffer.from(text), "text/csv; charset=utf-8"],
    [Buffer.from(`\ufeff${text}`), "text/csv; charset=windows-1251"],
  ] as const) {
    assert.deepEqual((await report(file, type)).errors, [], type);
    assert.equal((await stored("ivan@letters.test"))?.["name"], "Иван Ёжиков", type);
    await app.database("customers").where({ email: "ivan@letters.test" }).delete();
  }
  assert.match(await refusal(text, "text/csv; charset=klingon"), /no encoding klingon/);
  assert.match(await refusal(Buffer.from(text, "utf16le")), /CSV UTF-8/, "without its mark");
  const damaged = await report("name,email\nJos\ufffd,lost@letters.test\nA\0B,nul@letters.test\n");
  assert.deepEqual(
    damaged.errors.map(({ row, field }) => [row, field]),
    [
      [2, "name"],
      [3, "name"],
    ],
  );
  assert.equal(damaged.created, 0);
});

test("a value that the database refuses gets our own message, and the other rows are saved", async () => {
  const { created, errors } = await report(
    "code,title\nfine,Fine\nwrong,forbidden\nalso,Also\n",
    "text/csv",
    "samples",
  );
  assert.equal(created, 2);
  assert.deepEqual(errors, [
    { row: 3, field: "title", message: "This value does not fit where it is to be stored." },
  ]);
  const nobody = await report("customerId,hall,day\n999999,east,2026-11-21\n", "text/csv", "visits");
  assert.deepEqual(nobody.errors, [
    { row: 2, field: "customerId", message: "What it refers to does not exist." },
  ]);
});

test("only the heading's columns change in an existing row, and the history has the former values", async () => {
  await staff.call("POST", "/api/v1/customers", {
    body: { name: "Iris", email: "iris@part.test", company: "Harbour", city: "Bergen", notes: "calls back" },
  });
  assert.equal((await report("name,email\nIris B.,IRIS@part.test\n")).updated, 1);
  const row = await stored("IRIS@part.test");
  assert.deepEqual(
    [row?.["name"], row?.["company"], row?.["city"], row?.["notes"]],
    ["Iris B.", "Harbour", "Bergen", "calls back"],
  );
  const recorded = { resource: "customers", row_id: row?.["id"], action: "update" };
  const changes = await app
    .database("changes")
    .where(recorded)
    .select<{ fields: Record<string, unknown> }[]>();
  assert.deepEqual(changes[0]?.fields["name"], ["Iris", "Iris B."]);
  assert.equal((await report("email,city\niris@part.test,\n")).updated, 1, "an empty cell empties");
  const now = await stored("iris@part.test");
  assert.deepEqual([now?.["city"], now?.["notes"]], ["", "calls back"]);
});

test("each row of a batch keeps its own columns, whatever the first one leaves empty", async () => {
  const api = "/api/v1/samples";
  await staff.call("POST", api, { body: { code: "b1", weight: 1, day: "2026-01-01" } });
  await staff.call("POST", api, { body: { code: "b2", weight: 2, day: "2026-01-02" } });
  const { updated } = await report("code,weight\nb1,\nb2,2.5\nb3,3\n", "text/csv", "samples");
  assert.equal(updated, 2);
  const rows = await app
    .database("samples")
    .whereIn("code", ["b1", "b2", "b3"])
    .orderBy("code")
    .select<{ weight: string | null; day: string | null }[]>("weight", "day");
  assert.deepEqual(
    rows.map(({ weight, day }) => [weight, day]),
    [
      [null, "2026-01-01"],
      ["2.5", "2026-01-02"],
      ["3", null],
    ],
  );
});

test("importing an export changes nothing: no row is doubled, no version grows", async () => {
  await report("name,email\nVisitor,visitor@twice.test\n");
  const customer = await stored("visitor@twice.test");
  for (const hall of ["east", "west"])
    await staff.call("POST", "/api/v1/visits", {
      body: { customerId: customer?.["id"], hall, day: "2026-11-21", guests: 3, note: "with dog" },
    });
  const versions = async (table: string) => app.database(table).orderBy("id").select("id", "version");
  for (const resource of ["visits", "customers"]) {
    const before = await versions(resource);
    const changes = await count("changes");
    const { text } = await staff.call("GET", `/api/v1/${resource}/export`);
    const { created, updated, unchanged, refused } = await report(text, "text/csv", resource);
    assert.deepEqual([created, updated, unchanged, refused], [0, 0, before.length, 0], resource);
    assert.deepEqual(await versions(resource), before);
    assert.equal(await count("changes"), changes);
  }
});

test("an id identifies the row; an unknown or contradicting id is refused", async () => {
  await report("name,email\nA,a@id.test\nB,b@id.test\n");
  const a = Number((await stored("a@id.test"))?.["id"]);
  const outcome = await report(
    `id,name,email\n${a},A.,a@id.test\n${a},X,b@id.test\n${a},Y,new@id.test\n999999,Z,z@id.test\nnine,Q,q@id.test\n,C,c@id.test\n`,
  );
  assert.deepEqual([outcome.created, outcome.updated, outcome.refused], [1, 1, 4]);
  assert.deepEqual(
    outcome.errors.map(({ row, field }) => [row, field]),
    [
      [3, "email"],
      [4, "email"],
      [5, "id"],
      [6, "id"],
    ],
  );
  assert.equal((await stored("a@id.test"))?.["name"], "A.");
  assert.equal((await stored("b@id.test"))?.["name"], "B");
  assert.equal((await report(`id,name\n${a},A again\n`)).updated, 1, "without the address");
});

const skip = isLite ? "an embedded Postgres takes one transaction at a time" : false;

test("of two imports at a time, the second is told to try again", { skip }, async () => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  async function* slow() {
    yield "name,email\nSlow,slow@turns.test\n";
    await held;
  }
  const first = staff.call("POST", "/api/v1/customers/import", {
    raw: ReadableStream.from(slow()) as unknown as NonNullable<RequestInit["body"]>,
    headers: { "Content-Type": "text/csv" },
  });
  const busy =
    "select count(*)::int as n from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";
  for (let n = 0; n === 0;) n = (await app.database.raw<{ rows: { n: number }[] }>(busy)).rows[0]?.n ?? 0;
  const second = await send("name,email\nB,b@turns.test\n");
  letGo();
  assert.equal(second.status, 409);
  assert.equal((await first).status, 200);
});

async function upload(file: Blob, fields: Readonly<Record<string, string>> = {}, language = "en") {
  const page = await staff.call("GET", "/admin/customers/import");
  const form = new FormData();
  form.set("_token", tokenIn(page.text));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", file, "customers.csv");
  const headers = { "Accept-Language": language };
  return staff.call("POST", "/admin/customers/import", { raw: form, withoutToken: true, headers });
}

test("the form takes a file's encoding, and says what is wrong in the visitor's language", async () => {
  const latin = new Blob([new Uint8Array(Buffer.from("name,email\nRené,rene@form.test\n", "latin1"))]);
  const refused = await upload(latin, {}, "ru");
  assert.equal(refused.status, 400);
  assert.match(refused.text, /укажите кодировку/);
  assert.match((await upload(latin, { encoding: "windows-1252" })).text, /1 created, 0 changed, 0 left out/);
  assert.equal((await stored("rene@form.test"))?.["name"], "René");
  const row = await upload(new Blob(["name,email\n,nobody\n"]), {}, "ru");
  assert.match(row.text, /Заполните это поле/);
  assert.match(row.text, /Введите адрес почты/);
});

test("a file over the form's limit is refused, not cut and half imported", async () => {
  // Rows of one cell each, which are left out, after a good one.
  const part = new Blob([`${"x".repeat(60_000)}\n`.repeat(100)]);
  const parts = Math.ceil((64 * 1024 * 1024) / part.size) + 1;
  const before = await count("customers");
  const begin = "name,email\nGood,good@limit.test\n";
  const answer = await upload(new Blob([begin, ...Array.from({ length: parts }, () => part)]));
  assert.equal(answer.status, 413);
  assert.match(answer.text, /larger than 64 MB/);
  assert.equal(await count("customers"), before);
});
