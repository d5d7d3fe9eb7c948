import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { createAuditLog } from "../audit/audit-log.ts";
import { html, type Markup } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { table, tableOrNone } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { createJobStore, type DeadLetter, type QueueListing } from "./job-store.ts";

const path = "/admin/jobs";

const head = {
  kind: "page",
  access: "admin",
  answers: { 200: { description: "A page", contentType: "text/html" }, 303: { description: "On" } },
} as const;

function queueTable(context: RequestContext, queues: readonly QueueListing[]): Markup {
  const { t } = context.words;
  const retry = (name: string) =>
    html`<form method="post" action="${path}/retry">
      ${tokenInput(context)}<input type="hidden" name="queue" value="${name}" /><button>${t("retry")}</button>
    </form>`;
  return table(
    [
      { heading: t("queue"), names: true, cell: ({ name }) => html`<code>${name}</code>` },
      { heading: t("ready"), cell: ({ ready }) => ready },
      { heading: t("active"), cell: ({ active }) => active },
      { heading: t("failed"), cell: ({ failed }) => failed },
      { heading: t("deadLetters"), cell: ({ dead }) => dead },
      { heading: t("action"), cell: ({ dead, name }) => dead > 0 && retry(name) },
    ],
    queues,
    { label: t("jobs"), className: "list" },
  );
}

function deadTable({ words }: RequestContext, dead: readonly DeadLetter[]): Markup {
  const { t, dateTime } = words;
  const details = ({ data, reason }: DeadLetter) =>
    html`<code>${JSON.stringify(data)}</code><br /><span class="quiet">${reason}</span>`;
  return tableOrNone(
    words,
    [
      { heading: t("time"), cell: (job) => dateTime(job.created_on) },
      { heading: t("queue"), cell: (job) => html`<code>${job.name}</code>` },
      { heading: t("details"), cell: details },
    ],
    dead,
    { label: t("deadLetters") },
  );
}

/** The job queue: how much waits, and what failed for good. For admins only. */
export function jobPages(deps: AdminDeps): Route[] {
  const jobs = createJobStore(deps.database);

  const list = defineRoute({
    ...head,
    method: "get",
    path,
    summary: "Queues and dead letters",
    query: z.object({ done: z.string().optional(), retried: z.coerce.number().int().min(0).optional() }),
    handle: async ({ context, query: { retried } }) => {
      const { t } = context.words;
      const queues = await jobs.queues();
      const body = html`${retried !== undefined && html`<p class="notice" role="status">${t("jobRetried", { count: retried })}</p>`}
        ${queueTable(context, queues)}
        <h2>${t("deadLetters")}</h2>
        ${deadTable(context, await jobs.deadLetters())}`;
      return adminPage(deps, context, { here: path, title: t("jobs"), body });
    },
  });

  const retry = defineRoute({
    ...head,
    method: "post",
    path: `${path}/retry`,
    summary: "Queue dead letters again",
    body: z.object({ queue: z.string().max(200) }),
    handle: async ({ context, body: { queue } }) => {
      await deps.queue.ready();
      // All of them are queued again and written down, or they all stay dead letters.
      const count = await deps.database.transaction(async (transaction) => {
        const dead = await jobs.takeDead(queue, transaction);
        for (const data of dead) await deps.queue.send(queue, data, transaction);
        const entry = { event: "job-retried", subject: queue, details: { count: dead.length } } as const;
        await createAuditLog(transaction)(
          { ...entry, actorId: context.session().person.id },
          callerOf(context),
        );
        return dead.length;
      });
      return seeOther(`${path}?retried=${count}`);
    },
  });

  return [list, retry];
}
