import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { createSamples, sampleModule } from "../../../tests/support/samples.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import type { ImportReport } from "./csv-import.ts";

let app: TestApp;
let staff: Client;

before(async () => {
  app = await startTestApp({ modules: [sampleModule] });
  await createSamples(app.database);
  staff = await addUser(app, "staff", { samples: "delete" });
});

after(async () => {
  await app.close();
});

/** A generator of numbers that a seed repeats: a failure names the seed. */
function createRandom(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pieces = [
  ";",
  "\t",
  '"',
  "'",
  "=",
  "+",
  "-",
  "@",
  "\r",
  "\n",
  "\r\n",
  ",",
  " ",
  "a",
  "я",
  "＝",
  "\u00a0",
  "1",
];

test("any text survives export and import, for programs and for both languages", async () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_127);
  const random = createRandom(seed);
  const text = () => Array.from({ length: random(7) }, () => pieces[random(pieces.length)]).join("");
  const pick = <Item>(items: readonly Item[]) => items[random(items.length)] as Item;
  const rows = Array.from({ length: 400 }, (_, index) => ({
    code: `${index}${text()}`,
    title: text(),
    story: pick([null, "", text()]),
    weight: pick([null, 0, -5, 12.5, 1e21]),
    day: pick([null, "2026-02-28"]),
    starts_at: pick([null, "2026-01-01T21:30:05.120Z"]),
    open: random(2) === 1,
    kind: pick(["dry", "wet"]),
  }));
  await app.database("samples").insert(rows);
  const all = () => app.database("samples").orderBy("id").select<Record<string, unknown>[]>();
  const stored = await all();
  const values = ["code", "title", "story", "weight", "day", "starts_at", "open", "kind"];
  const bare = (row: Record<string, unknown>) => values.map((name) => row[name]);
  for (const [address, language] of [
    ["/api/v1/samples/export", "en"],
    ["/admin/samples/export", "en"],
    ["/admin/samples/export", "ru"],
  ] as const) {
    const what = `${address} ${language}, seed ${seed}`;
    const exported = await staff.call("GET", address, { headers: { "Accept-Language": language } });
    const send = async (csv: string) => {
      const raw = { raw: csv, headers: { "Content-Type": "text/csv" } };
      return (await staff.call("POST", "/api/v1/samples/import", raw)).json<ImportReport>();
    };
    const untouched = await send(exported.text);
    assert.deepEqual(untouched.errors, [], what);
    assert.equal(untouched.unchanged, rows.length, what);
    await app.database("samples").update({
      title: "other",
      story: "other",
      weight: 99,
      day: "2020-01-01",
      starts_at: "2020-01-01T00:00:00Z",
      open: app.database.raw("not open"),
      kind: app.database.raw("case kind when 'dry' then 'wet' else 'dry' end"),
    });
    const restored = await send(exported.text);
    assert.deepEqual(restored.errors, [], what);
    assert.equal(restored.updated, rows.length, what);
    assert.deepEqual((await all()).map(bare), stored.map(bare), what);
  }
});

test("no cell of an export starts a formula, also if another separator is assumed", async () => {
  await app.database("samples").delete();
  const texts = ["=1+1", "'=1", "x;=1+1", "x\t@cmd", "x\n+1", "\t=1", "＝1", "'\t-1", "a,-b", "'quoted'"];
  await app.database("samples").insert(texts.map((title, index) => ({ code: `f${index}`, title })));
  for (const language of ["en", "ru"]) {
    const { text } = await staff.call("GET", "/admin/samples/export", {
      headers: { "Accept-Language": language },
    });
    assert.doesNotMatch(text, /(?:^|[,;\t\r\n]"?)[=+@＝＋－＠]|[,;\t\r\n]"?-/m, language);
  }
});

test("an export for people has their language's separator and a byte order mark", async () => {
  const bytes = async (address: string, language: string) => {
    const headers = new Headers({ "Accept-Language": language });
    headers.set("Cookie", [...staff.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    return Buffer.from(await (await fetch(app.url + address, { headers })).arrayBuffer()).toString("utf8");
  };
  assert.match(await bytes("/admin/samples/export", "ru"), /^\ufeffid;code;/);
  assert.match(await bytes("/admin/samples/export", "en"), /^\ufeffid,code,/);
  assert.match(await bytes("/api/v1/samples/export", "ru"), /^id,code,/);
});
