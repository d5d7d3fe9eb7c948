import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import { type SearchField, searchForm } from "../html/search-form.ts";
import { pager, tableOrNone } from "../html/table.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route } from "../http/route.ts";
import { idParams } from "../resources/resource-api.ts";
import { type ChangeOfAny, recentChanges } from "../resources/change-log.ts";
import type { Resource } from "../resources/resource.ts";
import { type AdminDeps, adminPage, queryOf } from "./admin-frame.ts";
import { changeDetails, changeText, titleOf } from "./resource-history.ts";

/** Place of the changes of all rows in the admin interface. */
export const historyPath = "/admin/history";

/** The resources that the person may see. */
export function seenBy({ services }: AdminDeps, context: RequestContext): readonly Resource[] {
  const { person } = context.session();
  return [...services.resources.values()]
    .map(({ resource }) => resource)
    .filter(({ name }) => mayTouch(person, name, "view"));
}

/** Changes of rows of any resource as a table. */
export function changesTable(
  { services }: AdminDeps,
  context: RequestContext,
  changes: readonly ChangeOfAny[],
): Markup {
  const { words } = context;
  const { t, pick, dateTime } = words;
  const resourceOf = ({ resource }: ChangeOfAny) => services.resources.get(resource)?.resource;
  const row = (change: ChangeOfAny) => {
    const resource = resourceOf(change);
    if (!resource) return `${change.resource} #${change.rowId}`;
    const title = titleOf(context, resource, change);
    return html`<a href="/admin/${resource.name}/${change.rowId}">${pick(resource.label.one)}: ${title}</a>`;
  };
  return tableOrNone(
    words,
    [
      { heading: t("time"), className: "quiet", cell: ({ at }) => dateTime(at) },
      { heading: t("subject"), names: true, cell: row },
      { heading: t("action"), cell: ({ action }) => t(changeText[action]) },
      { heading: t("who"), cell: ({ actor }) => actor ?? t("nobody") },
      {
        heading: t("details"),
        cell: (change) => {
          const resource = resourceOf(change);
          return resource && changeDetails(context, resource, change);
        },
      },
    ],
    changes,
    { label: t("history"), className: "list" },
  );
}

/** The changes of all rows that the person may see, newest first. */
export function historyPages(deps: AdminDeps): Route[] {
  return [
    defineRoute({
      method: "get",
      path: historyPath,
      kind: "page",
      access: "staff",
      summary: "Changes of all rows",
      query: z.object({
        resource: z.string().max(100).optional(),
        action: z.enum(["", "create", "update", "delete"]).optional(),
        actor: z.string().trim().max(300).optional(),
        after: idParams.shape.id.optional(),
      }),
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context, query }) => {
        const { words } = context;
        const { t, pick } = words;
        const seen = seenBy(deps, context);
        const asked = seen.filter(({ name }) => !query.resource || name === query.resource);
        const { changes, next } = await recentChanges(deps.database, {
          resources: asked.map(({ name }) => name),
          action: query.action === "" ? undefined : query.action,
          actor: query.actor,
          before: query.after,
        });
        const fields: SearchField[] = [
          {
            name: "resource",
            label: t("subject"),
            value: query.resource,
            options: seen.map(({ name, label }) => [name, pick(label.many)] as const),
          },
          {
            name: "action",
            label: t("action"),
            value: query.action,
            options: (["create", "update", "delete"] as const).map((action) => [
              action,
              t(changeText[action]),
            ]),
          },
          { name: "actor", label: t("who"), value: query.actor },
        ];
        const { resource, action, actor } = query;
        const narrowed = Boolean(resource ?? "") || Boolean(action ?? "") || Boolean(actor ?? "");
        const body = html`${searchForm(words, { action: historyPath, fields, narrowed })}
        ${changesTable(deps, context, changes)}
        ${pager(words, (after) => historyPath + queryOf({ resource, action, actor, after }), { next, first: query.after !== undefined })}`;
        return adminPage(deps, context, { here: historyPath, title: t("history"), body });
      },
    }),
  ];
}
