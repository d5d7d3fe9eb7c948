import { formTokenField } from "../http/form-token.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { MessageKey } from "../i18n/translator.ts";
import { html, type Content, type Markup } from "./html.ts";
import { siteStyleAddress } from "./site-style.ts";

/** Messages that a page may show after a redirect, by the name in `?done=`. */
const notices = [
  "saved",
  "deleted",
  "created",
  "passwordChanged",
  "resetDone",
  "sessionEnded",
  "nothingSelected",
  "verified",
  "accountOpened",
  "invited",
  "revoked",
  "restored",
  "resetSent",
  "userCreated",
] as const satisfies readonly MessageKey[];

interface PageOptions {
  readonly title: string;
  readonly body: Content;
  /** Wide pages hold tables. */
  readonly wide?: boolean;
  /** Links beside the content. */
  readonly aside?: Markup;
}

/** Address of an asset; it changes with the content, so browsers may keep the file for ever. */
export type AssetAddress = (name: string) => string;

/** How the site presents itself to people. */
export interface Site {
  readonly name: string;
  /** `#rrggbb`; the style sheet's own where unset. */
  readonly colour: string | undefined;
  /** Path of a picture. */
  readonly logo: string | undefined;
}

/** Where assets are found; set once by `createApp`. */
export interface PageFrame {
  readonly asset: AssetAddress;
  readonly site: Site;
}

/** Makes pages of one app. */
export interface Pages {
  /**
   * A whole HTML document.
   *
   * @param context of the request; without it (an error before anybody was recognised) the page has
   * no links.
   */
  render(context: RequestContext | undefined, options: PageOptions): string;
}

/** The field that brings the anti-CSRF token back. */
export function tokenInput(context: RequestContext): Markup {
  return html`<input type="hidden" name="${formTokenField}" value="${context.visitor.formToken()}" />`;
}

function header({ site }: PageFrame, context: RequestContext | undefined): Markup {
  const person = context?.visitor.session?.person;
  const words = context?.words;
  const watched = context?.visitor.session?.viewerId !== undefined;
  return html`<header class="bar">
    <a class="brand${site.logo === undefined && " plain"}" href="/"
      >${site.logo !== undefined && html`<img src="${site.logo}" alt="" />`}${site.name}</a
    >
    ${
      words &&
      html`<nav aria-label="${words.t("account")}">
        ${person && person.role !== "user" && html`<a href="/admin">${words.t("admin")}</a>`}
        ${person ? (watched ? html`<span>${person.name}</span>` : html`<a href="/account">${person.name}</a>`) : html`<a href="/login">${words.t("signIn")}</a>`}
        ${person && !watched && html`<form method="post" action="/logout">${tokenInput(context)}<button class="link">${words.t("signOut")}</button></form>`}
      </nav>`
    }
  </header>`;
}

/** Says that an administrator looks as somebody else, and leads back. */
function viewing(context: RequestContext | undefined): Content {
  const session = context?.visitor.session;
  if (!context || session?.viewerId === undefined) return undefined;
  const { t } = context.words;
  return html`<form class="viewing" method="post" action="/view-as/end">
    ${tokenInput(context)}<span role="status">${t("viewingAs", { name: session.person.name })}</span>
    <button>${t("viewAsEnd")}</button>
  </form>`;
}

/** Makes whole HTML documents. */
export function createPages(frame: PageFrame): Pages {
  const styled = siteStyleAddress(frame.site.colour);
  return {
    render(context, { title, body, wide = false, aside }) {
      const words = context?.words;
      const notice = notices.find((name) => name === context?.notice);
      return html`<!doctype html>
        <html lang="${words?.locale ?? "en"}">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <title>${title} · ${frame.site.name}</title>
            <link rel="icon" href="${frame.asset("icon.svg")}" type="image/svg+xml" />
            <link rel="stylesheet" href="${frame.asset("style.css")}" />
            ${styled !== undefined && html`<link rel="stylesheet" href="${styled}" />`}
            <script type="module" src="${frame.asset("enhance.mjs")}"></script>
          </head>
          <body>
            <a class="skip" href="#content">${words?.t("skip") ?? "Skip to content"}</a>
            ${viewing(context)} ${header(frame, context)}
            <div class="${aside ? "columns" : "column"}">
              ${aside}
              <main id="content" class="${wide ? "wide" : "narrow"}">
                <h1>${title}</h1>
                ${words && notice && html`<p class="notice" role="status">${words.t(notice)}</p>`} ${body}
              </main>
            </div>
          </body>
        </html> `.text;
    },
  };
}
