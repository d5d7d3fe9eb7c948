import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addUser, type Client } from "../../../tests/support/client.ts";
import { startTestApp, type TestApp } from "../../../tests/support/test-app.ts";
import { discoverModules } from "../modules/discover-modules.ts";
import { en } from "./messages-en.ts";
import { ru } from "./messages-ru.ts";
import { createTranslators } from "./translator.ts";

/** Half past nine in the evening of New Year's Day in UTC, which is the day after in Moscow. */
const instant = "2026-01-01T21:30:00.000Z";

let app: TestApp;
let visitor: Client & { readonly id: number };

before(async () => {
  app = await startTestApp({ environment: { LOCALE: "ru", TIME_ZONE: "Europe/Moscow" } });
  visitor = await addUser(app, "admin");
  await app.database("sessions").update({ created_at: instant });
});

after(async () => {
  await app.close();
});

test("both languages have the same messages with the same values", () => {
  const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  assert.deepEqual(Object.keys(ru).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const other = ru[key as keyof typeof en];
    assert.ok(text.trim() !== "" && other.trim() !== "", key);
    assert.deepEqual(placeholders(other), placeholders(text), key);
  }
});

test("Russian messages are in Russian", () => {
  const foreign = Object.entries(ru).filter(([, text]) => !/[а-яё]/i.test(text));
  assert.deepEqual(
    foreign.filter(([key, text]) => text !== en[key as keyof typeof en]),
    [],
  );
  assert.ok(foreign.length <= 3, foreign.map(([key]) => key).join(", "));
});

test("modules have their words in both languages", async () => {
  const seen: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    if ("en" in value || "ru" in value) {
      const words = value as Record<string, unknown>;
      for (const locale of ["en", "ru"])
        assert.ok(typeof words[locale] === "string" && words[locale] !== "", `${path}.${locale}`);
      seen.push(path);
      return;
    }
    for (const [key, part] of Object.entries(value)) if (key !== "schema") walk(part, `${path}.${key}`);
  };
  for (const { name, resources } of await discoverModules()) {
    walk(resources, name);
  }
  assert.ok(seen.length > 3, "words were found");
});

test("times and numbers have Moscow's format", () => {
  const words = createTranslators("ru", "Europe/Moscow")([]);
  assert.equal(words.dateTime(new Date(instant)), "2 янв. 2026 г., 00:30");
  // A summer of 2010, when Moscow still had one.
  assert.equal(words.dateTime(new Date("2010-07-01T12:00:00Z")), "1 июл. 2010 г., 16:00");
  assert.equal(words.number(1234567.5), "1\u00a0234\u00a0567,5");
});

test("the browser's language wins over the stack's, the stack's time zone stays", () => {
  const choose = createTranslators("ru", "Europe/Moscow");
  assert.equal(choose(["de", "en-US"]).dateTime(new Date(instant)), "2 Jan 2026, 00:30");
  assert.equal(choose(["de"]).locale, "ru");
});

test("pages show the stack's language and time zone; the API and the database stay in UTC", async () => {
  const page = await visitor.call("GET", "/account", { headers: { "Accept-Language": "ru" } });
  assert.match(page.text, /<html lang="ru"/);
  assert.match(page.text, /2 янв\. 2026 г\., 00:30/);
  const english = await visitor.call("GET", "/account", { headers: { "Accept-Language": "en" } });
  assert.match(english.text, /2 Jan 2026, 00:30/);
  const listed = await visitor.call("GET", "/api/v1/account/sessions");
  assert.ok(listed.text.includes(instant), listed.text);
  const { rows } = await app.database.raw<{ rows: { zone: string }[] }>(
    "select current_setting('timezone') as zone",
  );
  assert.equal(rows[0]?.zone, "UTC");
});
