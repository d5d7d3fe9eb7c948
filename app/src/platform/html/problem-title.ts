import type { Locale } from "../i18n/translator.ts";
import type { Problem } from "../problems/define-problem.ts";

/** Titles of the platform's problems in Russian, by code; the problems have them in English. */
const titlesRu: Readonly<Record<string, string>> = {
  "invalid-input": "В запросе есть ошибки",
  "malformed-body": "Не удалось прочитать запрос",
  "sign-in-required": "Сначала войдите",
  forbidden: "Доступ закрыт",
  "not-found": "Не найдено",
  "method-not-allowed": "Так нельзя",
  conflict: "Изменение расходится с тем, что сохранено",
  "changed-meanwhile": "Запись тем временем изменили",
  "too-large": "Слишком большой запрос",
  "unsupported-media": "Такие данные здесь не принимаются",
  "precondition-needed": "Укажите, какую версию вы меняете",
  "too-many-requests": "Слишком много запросов",
  "internal-error": "Что-то пошло не так",
  unavailable: "Сейчас недоступно",
};

/**
 * The heading of a problem's page, in the visitor's language. Problem details for programs stay
 * English: a title is the same each time its problem occurs.
 * https://www.rfc-editor.org/rfc/rfc9457#section-3.1.4
 */
export function problemTitle({ code, title }: Pick<Problem, "code" | "title">, locale: Locale): string {
  return locale === "ru" ? (titlesRu[code] ?? title) : title;
}
