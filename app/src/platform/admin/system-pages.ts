import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { html } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { createSystemStore } from "./system-store.ts";

const answers = { 200: { description: "A page", contentType: "text/html" }, 303: { description: "On" } };

/** Jobs and the audit log. For admins only. */
export function systemPages(deps: AdminDeps): Route[] {
  const system = createSystemStore(deps.database);
  const head = { kind: "page", access: "admin", answers } as const;
  return [
    defineRoute({
      ...head,
      method: "get",
      path: "/admin/jobs",
      summary: "Queues and dead letters",
      query: z.object({ done: z.string().optional(), retried: z.coerce.number().int().min(0).optional() }),
      handle: async ({ context, query }) => {
        const { t, dateTime } = context.words;
        const queues = await system.queues();
        const dead = await system.deadLetters();
        const body = html`${query.retried !== undefined && html`<p class="notice" role="status">${t("jobRetried", { count: query.retried })}</p>`}
          <div class="scroll" tabindex="0" role="region" aria-label="${t("jobs")}">
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">${t("queue")}</th>
                  <th scope="col">${t("ready")}</th>
                  <th scope="col">${t("active")}</th>
                  <th scope="col">${t("failed")}</th>
                  <th scope="col">${t("deadLetters")}</th>
                  <th scope="col">${t("action")}</th>
                </tr>
              </thead>
              <tbody>
                ${queues.map(
                  (queue) =>
                    html`<tr>
                      <th scope="row"><code>${queue.name}</code></th>
                      <td>${queue.ready}</td>
                      <td>${queue.active}</td>
                      <td>${queue.failed}</td>
                      <td>${queue.dead}</td>
                      <td>
                        ${
                          queue.dead > 0 &&
                          html`<form method="post" action="/admin/jobs/retry">
                            ${tokenInput(context)}<input
                              type="hidden"
                              name="queue"
                              value="${queue.name}"
                            /><button>${t("retry")}</button>
                          </form>`
                        }
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
          <h2>${t("deadLetters")}</h2>
          ${
            dead.length === 0
              ? html`<p class="empty">${t("none")}</p>`
              : html`<div class="scroll" tabindex="0" role="region" aria-label="${t("deadLetters")}">
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">${t("time")}</th>
                        <th scope="col">${t("queue")}</th>
                        <th scope="col">${t("details")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      ${dead.map(
                        (job) =>
                          html`<tr>
                            <td>${dateTime(job.created_on)}</td>
                            <td><code>${job.name}</code></td>
                            <td>
                              <code>${JSON.stringify(job.data)}</code><br /><span class="quiet"
                                >${job.reason}</span
                              >
                            </td>
                          </tr>`,
                      )}
                    </tbody>
                  </table>
                </div>`
          }`;
        return adminPage(deps, context, "/admin/jobs", t("jobs"), body);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: "/admin/jobs/retry",
      summary: "Queue dead letters again",
      body: z.object({ queue: z.string().max(200) }),
      handle: async ({ context, body }) => {
        const dead = await system.takeDead(body.queue);
        for (const data of dead) await deps.queue.send(body.queue, data);
        const actorId = context.session().person.id;
        await deps.services.audit(
          { event: "job-retried", actorId, subject: body.queue, details: { count: dead.length } },
          callerOf(context),
        );
        return seeOther(`/admin/jobs?retried=${dead.length}`);
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: "/admin/audit",
      summary: "The audit log",
      query: z.object({
        event: z.string().max(100).optional(),
        subject: z.string().max(300).optional(),
        after: z.coerce.number().int().positive().optional(),
      }),
      handle: async ({ context, query }) => {
        const { t, dateTime } = context.words;
        const { rows, next } = await system.audit(query);
        const body = html`<form class="tools" method="get" action="/admin/audit" role="search">
            <div>
              <label for="event">${t("event")}</label
              ><input id="event" name="event" value="${query.event ?? ""}" />
            </div>
            <div>
              <label for="subject">${t("subject")}</label
              ><input id="subject" name="subject" value="${query.subject ?? ""}" />
            </div>
            <button>${t("apply")}</button>
          </form>
          ${
            rows.length === 0
              ? html`<p class="empty">${t("none")}</p>`
              : html`<div class="scroll" tabindex="0" role="region" aria-label="${t("auditLog")}">
                  <table class="list">
                    <thead>
                      <tr>
                        <th scope="col">${t("time")}</th>
                        <th scope="col">${t("event")}</th>
                        <th scope="col">${t("who")}</th>
                        <th scope="col">${t("subject")}</th>
                        <th scope="col">${t("address")}</th>
                        <th scope="col">${t("details")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      ${rows.map(
                        (row) =>
                          html`<tr>
                            <td>${dateTime(row.at)}</td>
                            <td><code>${row.event}</code></td>
                            <td>${row.actor ?? "–"}</td>
                            <td>${row.subject}</td>
                            <td>${row.address}</td>
                            <td><code class="small">${JSON.stringify(row.details)}</code></td>
                          </tr>`,
                      )}
                    </tbody>
                  </table>
                </div>`
          }
          <nav class="pager" aria-label="${t("next")}">
            ${next !== undefined && html`<a class="button" rel="next" href="/admin/audit${queryOf({ event: query.event, subject: query.subject, after: String(next) })}">${t("next")}</a>`}
          </nav>`;
        return adminPage(deps, context, "/admin/audit", t("auditLog"), body);
      },
    }),
  ];
}
