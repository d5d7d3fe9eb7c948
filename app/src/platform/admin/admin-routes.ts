import { html } from "../html/html.ts";
import { mayTouch } from "../http/access.ts";
import { defineRoute, type Route } from "../http/route.ts";
import { type AdminDeps, adminPage, mayInvite } from "./admin-frame.ts";
import { auditPages } from "./audit-pages.ts";
import { dashboard } from "./dashboard.ts";
import { groupPages } from "./group-pages.ts";
import { historyPages, historyPath } from "./history-page.ts";
import { invitationPages, invitationsPath } from "./invitation-pages.ts";
import { jobPages } from "./job-pages.ts";
import { listEditRoutes } from "./list-edit.ts";
import { mediaPages } from "./media-pages.ts";
import { resourceBulkEditRoutes } from "./resource-bulk-edit.ts";
import { resourceDeletionRoutes } from "./resource-deletion.ts";
import { resourceExportRoutes } from "./resource-export.ts";
import { resourceFormRoutes } from "./resource-forms.ts";
import { resourceHistoryRoutes } from "./resource-history.ts";
import { resourceImportRoutes } from "./resource-import.ts";
import { resourceListRoutes } from "./resource-list.ts";
import { resourceSuggestRoutes } from "./resource-suggest.ts";
import { savedViewRoutes } from "./saved-views.ts";
import { userAccountPages } from "./user-account-pages.ts";
import { userPages } from "./user-pages.ts";
import { viewAsRoutes } from "./view-as-routes.ts";

/** The admin interface: made from the modules' declarations, on the server, without script. */
export function adminRoutes(deps: AdminDeps): Route[] {
  const services = [...deps.services.resources.values()];
  return [
    defineRoute({
      method: "get",
      path: "/admin",
      kind: "page",
      access: "staff",
      summary: "Where the admin interface begins",
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: async ({ context }) => {
        const { t, pick } = context.words;
        const { person } = context.session();
        const mine = services.filter(({ resource }) => mayTouch(person, resource.name, "view"));
        const card = (address: string, title: string, text: string) =>
          html`<li>
            <a href="${address}"><strong>${title}</strong>${text}</a>
          </li>`;
        const body = html`<p class="lead">${t("signedInAs", { name: person.name })}</p>
          <ul class="cards">
            ${mine.map(({ resource }) => card(`/admin/${resource.name}`, pick(resource.label.many), t("aboutResource")))}
            ${card(historyPath, t("history"), t("aboutHistory"))}
            ${card("/admin/media", t("media"), t("aboutMedia"))}
            ${mayInvite(deps, person) && card(invitationsPath, t("invitations"), t("aboutInvitations"))}
            ${
              person.role === "admin" && [
                card("/admin/users", t("users"), t("aboutUsers")),
                card("/admin/groups", t("groups"), t("aboutGroups")),
                card("/admin/jobs", t("jobs"), t("aboutJobs")),
                card("/admin/audit", t("auditLog"), t("aboutAudit")),
              ]
            }
          </ul>
          ${await dashboard(deps, context)}`;
        return adminPage(deps, context, { here: "/admin", title: t("admin"), body });
      },
    }),
    ...mediaPages(deps),
    ...historyPages(deps),
    // Its fixed address (new) comes before `:id`.
    ...userAccountPages(deps),
    ...userPages(deps),
    ...viewAsRoutes(deps),
    ...groupPages(deps),
    ...invitationPages(deps),
    ...jobPages(deps),
    ...auditPages(deps),
    // Their fixed addresses (new, bulk, import, export, deleted) come before `:id`.
    ...services.flatMap((service) => [
      ...resourceListRoutes(deps, service),
      ...resourceSuggestRoutes(service),
      ...savedViewRoutes(deps, service),
      ...resourceExportRoutes(service),
      ...resourceBulkEditRoutes(deps, service),
      ...listEditRoutes(deps, service),
      ...resourceImportRoutes(deps, service),
      ...resourceHistoryRoutes(deps, service),
      ...resourceDeletionRoutes(deps, service),
      ...resourceFormRoutes(deps, service),
    ]),
  ];
}
