import { z } from "zod";
import { html, type Content } from "../html/html.ts";
import { tokenInput } from "../html/page.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { invalidInput, notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { usualPage } from "../resources/list-query.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import type { AdminDeps } from "./admin-frame.ts";
import { createSavedViewStore, type SavedView } from "./saved-view-store.ts";

const answers = { 303: { description: "On" }, 404: { description: "No such view" } } as const;
const viewName = z.string().trim().min(1).max(60);

/** A query of a list without what belongs to one page and what is usual, in a fixed order. */
function settled(text: string): string {
  const query = new URLSearchParams(text);
  for (const name of ["after", "before", "done"]) query.delete(name);
  const usual: Readonly<Record<string, string>> = { limit: String(usualPage), sort: "-id" };
  for (const [name, value] of [...query]) if (value === "" || usual[name] === value) query.delete(name);
  query.sort();
  return query.toString();
}

/** Whether a person may delete a view: their own, and administrators any. */
const mayRemove = ({ visitor }: RequestContext, { ownerId }: SavedView): boolean =>
  visitor.session?.person.role === "admin" || visitor.session?.person.id === ownerId;

/**
 * The views of a list: links to each, of which one may be shown now, and a form to keep what is.
 *
 * @param query of the list as it is shown now.
 */
export async function savedViews(
  deps: AdminDeps,
  context: RequestContext,
  { resource }: ResourceService,
  query: string,
): Promise<{ readonly links: Content; readonly keep: Content }> {
  const { t } = context.words;
  const { person } = context.session();
  const path = `/admin/${resource.name}`;
  const views = await createSavedViewStore(deps.database).list(resource.name, person.id);
  const now = settled(query);
  const link = (view: SavedView) =>
    html`<li>
      <a href="${path}?${view.query}" ${settled(view.query) === now && html` aria-current="true"`}
        >${view.name}${view.shared && html` <span class="tag">${t("shared")}</span>`}</a
      >
    </li>`;
  const removable = views.filter((view) => mayRemove(context, view));
  const remove = ({ id, name }: SavedView) =>
    html`<form method="post" action="${path}/views/${id}/delete">
      ${tokenInput(context)}<button>${t("deleteView", { name })}</button>
    </form>`;
  const share =
    mayTouch(person, resource.name, "change") &&
    html`<label class="choice"><input type="checkbox" name="shared" value="yes" /> ${t("shareView")}</label>`;
  const links =
    views.length > 0 &&
    html`<nav class="views" aria-label="${t("views")}">
      <ul>
        ${views.map(link)}
      </ul>
    </nav>`;
  const keep = html`<details>
    <summary>${t("keepView")}</summary>
    <form class="tools" method="post" action="${path}/views">
      ${tokenInput(context)}<input type="hidden" name="query" value="${now}" />
      <div>
        <label for="view-name">${t("viewName")}</label
        ><input id="view-name" name="name" maxlength="60" required />
      </div>
      ${share}<button>${t("save")}</button>
    </form>
    ${removable.length > 0 && html`<div class="buttons">${removable.map(remove)}</div>`}
  </details>`;
  return { links, keep };
}

/** Keeping and deleting views of a list. */
export function savedViewRoutes(deps: AdminDeps, { resource }: ResourceService): Route[] {
  const store = createSavedViewStore(deps.database);
  const path = `/admin/${resource.name}`;
  const head = { method: "post", kind: "page", access: { resource: resource.name, action: "view" } } as const;
  return [
    defineRoute({
      ...head,
      path: `${path}/views`,
      summary: `Keep a view of the list of ${resource.name}`,
      body: z.object({
        name: z.string().max(2000).default(""),
        query: z.string().max(4000).default(""),
        shared: z.literal("yes").optional(),
      }),
      answers,
      handle: async ({ context, body }) => {
        const name = viewName.safeParse(body.name);
        if (!name.success) {
          const message = context.words.t("viewNameNeeded");
          throw invalidInput(message, { errors: [{ in: "body", field: "name", message }] });
        }
        const { person } = context.session();
        const query = settled(body.query);
        const shared = body.shared === "yes" && mayTouch(person, resource.name, "change");
        await store.save(resource.name, { ownerId: person.id, name: name.data, query, shared });
        return seeOther(`${path}?${query}${query === "" ? "" : "&"}done=saved`);
      },
    }),
    defineRoute({
      ...head,
      path: `${path}/views/:id/delete`,
      summary: `Delete a view of the list of ${resource.name}`,
      params: idParams,
      body: z.object({}),
      answers,
      handle: async ({ context, params }) => {
        const { person } = context.session();
        const any = person.role === "admin";
        if (!(await store.delete(resource.name, params.id, person.id, any)))
          throw notFound("There is no such view of yours.");
        return seeOther(`${path}?done=deleted`);
      },
    }),
  ];
}
