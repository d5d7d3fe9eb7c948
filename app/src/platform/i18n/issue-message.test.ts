import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { issueMessage } from "./issue-message.ts";
import { createTranslators } from "./translator.ts";

const wordsOf = createTranslators("en", "UTC");

const schema = z.strictObject({
  name: z.string().trim().min(1).max(5),
  email: z.email(),
  day: z.iso.date(),
  guests: z.number().int().min(0).max(50),
  hall: z.enum(["east", "west"]),
  agreed: z.boolean(),
});
const good = {
  name: "Ada",
  email: "ada@example.test",
  day: "2026-11-21",
  guests: 1,
  hall: "east",
  agreed: true,
};

function said(locale: string, change: object): string[] {
  const result = schema.safeParse({ ...good, ...change }, { error: issueMessage(wordsOf([locale])) });
  return result.error?.issues.map(({ message }) => message) ?? [];
}

const cases: readonly (readonly [object, string, string])[] = [
  [{ name: undefined }, "This cannot be empty.", "Заполните это поле."],
  [{ name: "" }, "This cannot be empty.", "Заполните это поле."],
  [{ name: "longer" }, "Use at most 5 characters.", "Не больше 5 знаков."],
  [
    { email: "nope" },
    "Enter an e-mail address in the form name@example.org.",
    "Введите адрес почты в виде name@example.org.",
  ],
  [{ day: "21.11." }, "Enter a date in the form 2026-11-21.", "Введите дату в виде 2026-11-21."],
  [{ guests: "many" }, "Enter a number.", "Введите число."],
  [{ guests: 1.5 }, "Enter a whole number.", "Введите целое число."],
  [{ guests: 51 }, "Enter 50 or less.", "Введите число не больше 50."],
  [{ hall: "north" }, "Choose one of: east, west.", "Выберите одно из: east, west."],
  [{ hall: undefined }, "This cannot be empty.", "Заполните это поле."],
  [{ agreed: "maybe" }, "Enter yes or no.", "Введите «да» или «нет»."],
  [{ colour: "red" }, "Unknown: colour.", "Неизвестно: colour."],
];

test("a refusal is a sentence in the reader's language", () => {
  for (const [change, en, ru] of cases) {
    assert.deepEqual(said("en", change), [en], JSON.stringify(change));
    assert.deepEqual(said("ru", change), [ru], JSON.stringify(change));
  }
});

test("numbers and nouns agree", () => {
  const counted = (locale: string, counts: readonly number[]) =>
    counts.map((count) => wordsOf([locale]).t("confirmDeleteMany", { count }));
  assert.deepEqual(counted("en", [1, 2]), ["Delete 1 entry?", "Delete 2 entries?"]);
  assert.deepEqual(counted("ru", [1, 3, 11, 21]), [
    "Удалить 1 запись?",
    "Удалить 3 записи?",
    "Удалить 11 записей?",
    "Удалить 21 запись?",
  ]);
  assert.equal(wordsOf(["en"]).t("wrongFields", { count: 1 }), "1 field needs attention");
});
