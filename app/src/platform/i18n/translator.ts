import { en } from "./messages-en.ts";
import { ru } from "./messages-ru.ts";
import { createZonedTime, type ZonedTime } from "./zoned-time.ts";

export const locales = ["en", "ru"] as const;
export type Locale = (typeof locales)[number];

/** A text in every language of the app. Modules declare their labels so. */
export type Words = Readonly<Record<Locale, string>>;

export type MessageKey = keyof typeof en;

const messages: Readonly<Record<Locale, Readonly<Record<MessageKey, string>>>> = { en, ru };

/** Words, dates and numbers in one language and time zone. */
export interface Translator {
  readonly locale: Locale;
  /**
   * The message of a key. `{name}` becomes `values.name`; `{count|field|fields}` the form that goes
   * with the number `values.count`: one and other in English, one, few and many in Russian.
   */
  readonly t: (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;
  /** The right one of a module's own words. */
  readonly pick: (words: Words) => string;
  /** Date and time in the stack's time zone. */
  readonly dateTime: (date: Date) => string;
  readonly number: (value: number) => string;
  /** Times on the clocks of the stack's zone, for forms. */
  readonly clock: ZonedTime;
}

/** The order that a message's plural forms stand in. */
const pluralOrder: Readonly<Record<Locale, readonly Intl.LDMLPluralRule[]>> = {
  en: ["one", "other"],
  ru: ["one", "few", "many"],
};

/**
 * Made at first use: each takes milliseconds of a start, and half of the languages are never asked
 * for.
 */
function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

function createTranslator(locale: Locale, timeZone: string): Translator {
  const dates = once(
    () =>
      new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, {
        dateStyle: "medium",
        timeStyle: "short",
        timeZone,
      }),
  );
  const numbers = once(() => new Intl.NumberFormat(locale));
  const plurals = once(() => new Intl.PluralRules(locale));
  const formOf = (forms: readonly string[], count: string | number | undefined) =>
    forms[pluralOrder[locale].indexOf(plurals().select(Number(count)))] ?? forms.at(-1) ?? "";
  return {
    locale,
    clock: createZonedTime(timeZone),
    t: (key, values = {}) =>
      messages[locale][key].replaceAll(
        /\{(\w+)(?:\|([^}]*))?\}/g,
        (whole, name: string, forms: string | undefined) =>
          forms === undefined ? String(values[name] ?? whole) : formOf(forms.split("|"), values[name]),
      ),
    pick: (words) => words[locale],
    dateTime: (date) => dates().format(date),
    number: (value) => numbers().format(value),
  };
}

/** English, for what programs read whatever a visitor's language. */
export const english: Translator = createTranslator("en", "UTC");

/** Chooses the language: what the browser prefers among ours, else the stack's. */
export function createTranslators(fallback: Locale, timeZone: string) {
  const all: Readonly<Record<Locale, Translator>> = {
    en: createTranslator("en", timeZone),
    ru: createTranslator("ru", timeZone),
  };
  return (accepted: readonly string[]): Translator => {
    const wanted = accepted.map((language) => language.slice(0, 2).toLowerCase());
    const found = wanted.find((language): language is Locale =>
      locales.some((locale) => locale === language),
    );
    return all[found ?? fallback];
  };
}
