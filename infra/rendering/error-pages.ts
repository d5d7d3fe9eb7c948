/** Statuses that Nginx answers by itself, with what to tell people. The application's own errors pass unchanged. */
const texts = {
  400: ["Bad request", "The request could not be understood."],
  403: ["Not allowed", "This is not open to you."],
  404: ["Not found", "There is nothing at this address."],
  405: ["Not possible here", "This address does not take that kind of request."],
  408: ["Too slow", "The request took too long to arrive."],
  413: ["Too large", "What was sent is larger than this site takes."],
  414: ["Address too long", "The address is longer than this site takes."],
  429: ["Too many requests", "Please wait a moment and try again."],
  431: ["Headers too large", "Deleting this site's cookies may help."],
  500: ["Something went wrong", "The request could not be answered. Please try again later."],
  502: ["Not available right now", "The application does not answer. Please try again in a moment."],
  503: ["Not available right now", "Please try again in a moment."],
  504: ["No answer in time", "The application took too long to answer. Please try again in a moment."],
} as const satisfies Readonly<Record<number, readonly [string, string]>>;

const textsRu: Readonly<Record<keyof typeof texts, readonly [string, string]>> = {
  400: ["Некорректный запрос", "Не удалось разобрать запрос."],
  403: ["Доступ закрыт", "Этот раздел для вас закрыт."],
  404: ["Не найдено", "По этому адресу ничего нет."],
  405: ["Так нельзя", "Этот адрес не принимает такие запросы."],
  408: ["Слишком медленно", "Запрос передавался слишком долго."],
  413: ["Слишком большой файл", "Отправленное больше, чем принимает сайт."],
  414: ["Слишком длинный адрес", "Адрес длиннее, чем принимает сайт."],
  429: ["Слишком много запросов", "Подождите немного и попробуйте ещё раз."],
  431: ["Слишком большие заголовки", "Может помочь удаление cookie этого сайта."],
  500: ["Что-то пошло не так", "Не удалось ответить на запрос. Попробуйте позже."],
  502: ["Сейчас недоступно", "Приложение не отвечает. Попробуйте через минуту."],
  503: ["Сейчас недоступно", "Попробуйте через минуту."],
  504: ["Ответ не получен", "Приложение не успело ответить. Попробуйте через минуту."],
};

/** Languages that the edge's own pages are written in. */
export type EdgeLocale = "en" | "ru";

/** Statuses with a page. */
export const errorStatuses: readonly number[] = Object.keys(texts).map(Number);

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function page(locale: EdgeLocale, title: string, text: string, note: string): string {
  return `<!doctype html>
<html lang="${locale}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" href="/_edge/page.css">
  </head>
  <body>
    <main>
      <h1>${escapeHtml(title)}</h1>
      <p>${escapeHtml(text)}</p>
      <p class="quiet">${escapeHtml(note)}</p>
    </main>
  </body>
</html>
`;
}

function problem(status: number, title: string, detail: string): string {
  return `${JSON.stringify({ type: "about:blank", title, status, detail }, undefined, 2)}\n`;
}

/** Every error page by file name, as HTML and as problem details (RFC 9457). */
export function errorPages(locale: EdgeLocale): Record<string, string> {
  const chosen = locale === "ru" ? textsRu : texts;
  return Object.fromEntries(
    Object.entries(chosen).flatMap(([status, [title, text]]) => [
      [`${status}.html`, page(locale, title, text, status)],
      [`${status}.json`, problem(Number(status), title, text)],
    ]),
  );
}

/**
 * The two files that switch maintenance on while they are in the state volume's folder. `maintenance.html` is the
 * switch; write it last, by renaming, and remove it first.
 *
 * @param message what people read; plain text
 */
export function maintenancePages(message: string, locale: EdgeLocale): { html: string; json: string } {
  const title = locale === "ru" ? "Идут технические работы" : "Down for maintenance";
  const note =
    locale === "ru"
      ? "Страница откроется, когда работы закончатся."
      : "The site will be back when the work is done.";
  return { html: page(locale, title, message, note), json: problem(503, title, message) };
}
