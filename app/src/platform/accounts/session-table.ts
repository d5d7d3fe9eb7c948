import { html, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
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
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">${t("created")}</th>
          <th scope="col">${t("lastSeen")}</th>
          <th scope="col">${t("address")}</th>
          <th scope="col">${t("action")}</th>
        </tr>
      </thead>
      <tbody>
        ${sessions.map(
          (session) =>
            html`<tr>
              <td>${dateTime(session.created_at)}</td>
              <td>${dateTime(session.last_seen_at)}</td>
              <td>${session.address}<br /><span class="quiet small">${session.user_agent}</span></td>
              <td>
                ${
                  session.id === current
                    ? t("currentSession")
                    : html`<form method="post" action="${end(session.id)}">
                        ${tokenInput(context)}<button>${t("endSession")}</button>
                      </form>`
                }
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
