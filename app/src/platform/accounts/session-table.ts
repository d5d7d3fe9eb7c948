import { html, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { table } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { SessionListing } from "../sessions/session-store.ts";

/** A table of sessions; `end` makes the address that ends one. */
export function sessionTable(
  context: RequestContext,
  sessions: readonly SessionListing[],
  end: (id: number) => string,
): Markup {
  const { t, dateTime } = context.words;
  const current = context.visitor.session?.id;
  const ending = (id: number) =>
    html`<form method="post" action="${end(id)}">
      ${tokenInput(context)}<button>${t("endSession")}</button>
    </form>`;
  return table(
    [
      { heading: t("created"), cell: (session) => dateTime(session.created_at) },
      { heading: t("lastSeen"), cell: (session) => dateTime(session.last_seen_at) },
      {
        heading: t("address"),
        cell: ({ address, user_agent }) =>
          html`${address}<br /><span class="quiet small">${user_agent}</span>`,
      },
      { heading: t("action"), cell: ({ id }) => (id === current ? t("currentSession") : ending(id)) },
    ],
    sessions,
  );
}
