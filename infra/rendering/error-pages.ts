/**
 * Statuses that Nginx answers by itself: the problem's code, title, and what to tell people. A code
 * that the application has too has its title. The application's own errors pass.
 */
const texts = {
  400: ["malformed-request", "Bad request", "The request could not be understood."],
  403: ["forbidden", "Not allowed", "This is not open to you."],
  404: ["not-found", "Nothing is here", "There is nothing at this address."],
  405: ["method-not-allowed", "This is not done here", "This address does not take that kind of request."],
  408: ["request-timeout", "Too slow", "The request took too long to arrive."],
  413: ["too-large", "The request is too large", "What was sent is larger than this site takes."],
  414: ["address-too-long", "Address too long", "The address is longer than this site takes."],
  429: ["too-many-requests", "Too many requests", "Please wait a moment and try again."],
  431: ["headers-too-large", "Headers too large", "Deleting this site's cookies may help."],
  500: [
    "internal-error",
    "Something went wrong on our side",
    "The request could not be answered. Please try again later.",
  ],
  502: [
    "no-answer",
    "Not available right now",
    "The application does not answer. Please try again in a moment.",
  ],
  503: ["unavailable", "Not available right now", "Please try again in a moment."],
  504: [
    "answer-timeout",
    "No answer in time",
    "The application took too long to answer. Please try again in a moment.",
  ],
} as const satisfies Readonly<Record<number, readonly [string, string, string]>>;

const textsRu: Readonly<Record<keyof typeof texts, readonly [string, string]>> = {
  400: ["Некорректный запрос", "Не удалось разобрать запрос."],
  403: ["Доступ закрыт", "Этот раздел для вас закрыт."],
  404: ["Не найдено", "По этому адресу ничего нет."],
  405: ["Так нельзя", "Этот адрес не принимает такие запросы."],
  408: ["Слишком медленно", "Запрос передавался слишком долго."],
  413: ["Слишком большой запрос", "Отправленное больше, чем принимает сайт."],
  414: ["Слишком длинный адрес", "Адрес длиннее, чем принимает сайт."],
  429: ["Слишком много запросов", "Подождите немного и попробуйте ещё раз."],
  431: ["Слишком большие заголовки", "Может помочь удаление cookie этого сайта."],
  500: ["Что-то пошло не так", "Не удалось ответить на запрос. Попробуйте позже."],
  502: ["Сейчас недоступно", "Приложение не отвечает. Попробуйте через минуту."],
  503: ["Сейчас недоступно", "Попробуйте через минуту."],
  504: ["Ответ не получен", "Приложение не успело ответить. Попробуйте через минуту."],
};

/** Languages that the edge's own pages are written in. */
export const edgeLocales = ["en", "ru"] as const;
export type EdgeLocale = (typeof edgeLocales)[number];

type ErrorStatus = keyof typeof texts;

/** Statuses with a page. */
export const errorStatuses = Object.keys(texts).map(Number) as readonly ErrorStatus[];

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Nginx puts the request's id there (snippets/page-types.conf). */
const requestId = "{request_id}";

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
      <p class="quiet">${requestId}</p>
    </main>
  </body>
</html>
`;
}

/** Problem details in the application's dialect: app/src/platform/http/problem-handler.ts. */
function problem(status: number, code: string, title: string, detail: string): string {
  const body = { type: `urn:problem:${code}`, title, status, code, detail };
  return `${JSON.stringify({ ...body, instance: `urn:request:${requestId}` }, undefined, 2)}\n`;
}

/**
 * Every error page by file name: as HTML in each language, and as problem details (RFC 9457), which
 * are in English, as the application's are.
 */
export function errorPages(): Record<string, string> {
  return Object.fromEntries(
    errorStatuses.flatMap((status) => {
      const [code, ...english]: readonly [string, string, string] = texts[status];
      return [
        ...edgeLocales.map((locale) => {
          const [title, text] = locale === "ru" ? textsRu[status] : english;
          return [`${status}.${locale}.html`, page(locale, title, text, String(status))] as const;
        }),
        [`${status}.json`, problem(status, code, ...english)] as const,
      ];
    }),
  );
}

/**
 * The two files that switch maintenance on while they are in the state volume's folder.
 * `maintenance.html` is the switch; write it last, by renaming, and remove it first.
 *
 * @param message what people read; plain text
 */
export function maintenancePages(message: string, locale: EdgeLocale): { html: string; json: string } {
  const title = locale === "ru" ? "Идут технические работы" : "Down for maintenance";
  const note =
    locale === "ru"
      ? "Страница откроется, когда работы закончатся."
      : "The site will be back when the work is done.";
  return {
    html: page(locale, title, message, note),
    json: problem(503, "maintenance", "Down for maintenance", message),
  };
}
