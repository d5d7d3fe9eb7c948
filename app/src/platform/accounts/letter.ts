import { html } from "../html/html.ts";
import type { Mail } from "../mail/mailer.ts";

/** A mail of some paragraphs and one link, as text and as HTML. */
export function letter(
  to: string,
  subject: string,
  paragraphs: readonly string[],
  link: string,
  button: string,
): Mail {
  const text = [...paragraphs, link].join("\n\n");
  const body = html`<!doctype html>
    <html>
      <body style="font-family:system-ui,sans-serif;line-height:1.5;color:#16242c">
        ${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
        <p>
          <a
            href="${link}"
            style="display:inline-block;padding:10px 18px;border-radius:6px;background:#0b5d7a;color:#fff;text-decoration:none"
            >${button}</a
          >
        </p>
        <p style="color:#4d616c;font-size:13px">${link}</p>
      </body>
    </html>`;
  return { to, subject, text: `${text}\n`, html: body.text };
}
