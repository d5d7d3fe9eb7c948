import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import { type SearchField, searchForm } from "../html/search-form.ts";
import { pager, tableOrNone } from "../html/table.ts";
import { defineRoute, type Route } from "../http/route.ts";
import type { Translator } from "../i18n/translator.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { type AuditListing, createAuditStore } from "./audit-store.ts";

const path = "/admin/audit";
const day = z.union([z.literal(""), z.iso.date()]).optional();

function auditTable(words: Translator, rows: readonly AuditListing[]): Markup {
  const { t, dateTime } = words;
  return tableOrNone(
    words,
    [
      { heading: t("time"), cell: (row) => dateTime(row.at) },
      { heading: t("event"), cell: (row) => html`<code>${row.event}</code>` },
      { heading: t("who"), cell: (row) => row.actor ?? "–" },
      { heading: t("subject"), cell: (row) => row.subject },
      { heading: t("address"), cell: (row) => row.address },
      {
        heading: t("details"),
        cell: ({ details }) => {
          const text = JSON.stringify(details);
          return text !== "{}" && html`<code class="small">${text}</code>`;
        },
      },
    ],
    rows,
    { label: t("auditLog"), className: "list" },
  );
}

/** The audit log. For admins only. */
export function auditPages(deps: AdminDeps): Route[] {
  const store = createAuditStore(deps.database);
  return [
    defineRoute({
      method: "get",
      path,
      kind: "page",
      access: "admin",
      summary: "The audit log",
      query: z.object({
        event: z.string().max(100).optional(),
        actor: z.string().trim().max(300).optional(),
        from: day,
        to: day,
        subject: z.string().max(300).optional(),
        after: z.coerce.number().int().positive().optional(),
      }),
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context: { words }, context, query }) => {
        const { event, subject, actor, from, to } = query;
        const { t, clock } = words;
        const start = (text: string | undefined, days: number) => {
          if (text === undefined || text === "") return undefined;
          const next = new Date(Date.parse(text) + days * 86_400_000).toISOString().slice(0, 10);
          return clock.read(`${next}T00:00`);
        };
        const { rows, next } = await store.list({ ...query, from: start(from, 0), to: start(to, 1) });
        const events = (await store.events()).map((name) => [name, name] as const);
        const fields: SearchField[] = [
          { name: "event", label: t("event"), value: event, options: events },
          { name: "actor", label: t("who"), value: actor },
          { name: "subject", label: t("subject"), value: subject },
          { name: "from", label: t("from"), value: from, type: "date" },
          { name: "to", label: t("to"), value: to, type: "date" },
        ];
        const narrowed = [event, actor, subject, from, to].some(Boolean);
        const body = html`${searchForm(words, { action: path, fields, narrowed })} ${auditTable(words, rows)}
        ${pager(words, (after) => path + queryOf({ event, subject, actor, from, to, after }), { next })}`;
        return adminPage(deps, context, { here: path, title: words.t("auditLog"), body });
      },
    }),
  ];
}
