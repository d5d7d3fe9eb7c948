import { html, type Markup } from "./html.ts";

interface PageOptions {
  readonly title: string;
  readonly body: Markup;
  /** BCP 47 language of the page. */
  readonly language?: string;
}

/** A whole HTML document with the app's stylesheet, as text to send. */
export function page({ title, body, language = "en" }: PageOptions): string {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
      </head>
      <body>
        ${body}
      </body>
    </html> `.text;
}
