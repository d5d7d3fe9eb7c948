import type { Database } from "../database/open-database.ts";
import { html, type Content } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";
import { recentChanges } from "../resources/change-log.ts";
import { type AdminDeps, queryOf } from "./admin-frame.ts";
import { changesTable, historyPath, seenBy } from "./history-page.ts";
import { createJobStore } from "./job-store.ts";

/** Refused sign-ins that are counted at most. */
const mostRefused = 100;

/** Sign-ins of the last 24 hours that were refused, up to a limit. */
async function refusedSignIns(database: Database): Promise<number> {
  const newest = database("audit_events")
    .where({ event: "login-failed" })
    .orderBy("id", "desc")
    .limit(mostRefused)
    .select("at");
  const [found] = await database(newest.as("newest"))
    .whereRaw("at > now() - interval '1 day'")
    .count<{ count: number | string }[]>("* as count");
  return Number(found?.count ?? 0);
}

/** What an administrator should look at; a line says so when there is nothing. */
async function attention(deps: AdminDeps, { words: { t } }: RequestContext): Promise<Content> {
  const [queues, refused] = await Promise.all([
    createJobStore(deps.database).queues(),
    refusedSignIns(deps.database),
  ]);
  const dead = queues.reduce((sum, queue) => sum + queue.dead, 0);
  const items = [
    dead > 0 && html`<li><a href="/admin/jobs">${t("jobsFailed", { count: dead })}</a></li>`,
    refused > 0 &&
      html`<li>
        <a href="/admin/audit${queryOf({ event: "login-failed" })}"
          >${t(refused === mostRefused ? "signInsRefusedMany" : "signInsRefused", { count: refused })}</a
        >
      </li>`,
  ].filter((item) => item !== false);
  return html`<section>
    <h2>${t("attention")}</h2>
    ${
      items.length === 0
        ? html`<p>${t("attentionNone")}</p>`
        : html`<ul>
            ${items}
          </ul>`
    }
  </section>`;
}

/** What the first page says beside its links: what needs attention, and what was changed last. */
export async function dashboard(deps: AdminDeps, context: RequestContext): Promise<Content> {
  const { t } = context.words;
  const resources = seenBy(deps, context).map(({ name }) => name);
  const { changes } = await recentChanges(deps.database, { resources }, 5);
  return html`${context.session().person.role === "admin" && (await attention(deps, context))}
  ${
    resources.length > 0 &&
    html`<section>
      <h2>${t("recentChanges")}</h2>
      ${changesTable(deps, context, changes)}
      <p><a href="${historyPath}">${t("showAll")}</a></p>
    </section>`
  }`;
}
