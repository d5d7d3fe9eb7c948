import { invitationResource } from "../accounts/invitation-service.ts";
import type { Database } from "../database/open-database.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import type { Pages } from "../html/page.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Reply } from "../http/route.ts";
import type { JobQueue } from "../jobs/job-queue.ts";
import type { Services } from "../services.ts";
import type { Person } from "../sessions/session.ts";

/** What the admin interface stands on. */
export interface AdminDeps {
  readonly database: Database;
  readonly services: Services;
  readonly pages: Pages;
  readonly queue: JobQueue;
}

/** Whether a person sees invitations: where they open accounts, and with the right. */
export function mayInvite({ services }: AdminDeps, person: Person): boolean {
  return services.invitations.offered && mayTouch(person, invitationResource, "view");
}

const systemPages = [
  ["/admin/users", "users"],
  ["/admin/groups", "groups"],
  ["/admin/jobs", "jobs"],
  ["/admin/audit", "auditLog"],
] as const;

function navigation(deps: AdminDeps, context: RequestContext, here: string): Markup {
  const { t, pick } = context.words;
  const { person } = context.session();
  const link = (address: string, text: string) =>
    html`<li><a href="${address}" ${here === address && html` aria-current="page"`}>${text}</a></li>`;
  const resources = [...deps.services.resources.values()].filter(({ resource }) =>
    mayTouch(person, resource.name, "view"),
  );
  return html`<nav class="aside" aria-label="${t("admin")}">
    <ul>
      ${resources.map(({ resource }) => link(`/admin/${resource.name}`, pick(resource.label.many)))}
      ${link("/admin/history", t("history"))} ${link("/admin/media", t("media"))}
      ${mayInvite(deps, person) && link("/admin/invitations", t("invitations"))}
    </ul>
    ${
      person.role === "admin" &&
      html`<h2>${t("system")}</h2>
        <ul>
          ${systemPages.map(([address, key]) => link(address, t(key)))}
        </ul>`
    }
  </nav>`;
}

interface AdminPage {
  /** Address of the entry of the navigation that the page belongs to. */
  readonly here: string;
  readonly title: string;
  readonly body: Content;
  /** Defaults to 200. */
  readonly status?: number;
}

/** Makes a page of the admin interface. */
export function adminPage(
  deps: AdminDeps,
  context: RequestContext,
  { here, title, body, status = 200 }: AdminPage,
): Reply {
  const aside = navigation(deps, context, here);
  return { status, html: deps.pages.render(context, { title, body, aside, wide: true }) };
}

/** Query string of `values` without those that are empty. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const filled = Object.entries(values).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  return filled.length === 0 ? "" : `?${new URLSearchParams(filled).toString()}`;
}
