import { wholeForm } from "../html/form-errors.ts";
import type { Refused } from "../html/form.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { idParams } from "../resources/resource-api.ts";
import type { Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import type { AdminDeps } from "./admin-frame.ts";
import { bulkBody, bulkSize, selectedIds } from "./bulk-selection.ts";
import { toFormText } from "./field-view.ts";
import { formAnswers, formBody } from "./resource-forms.ts";
import { createResourcePages } from "./resource-pages.ts";
import { rowErrors } from "./row-errors.ts";

/** Deleting rows of a resource, one or several, after asking. */
export function resourceDeletionRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const { confirmPage } = createResourcePages(deps, service);
  const head = {
    kind: "page",
    answers: formAnswers,
    access: { resource: resource.name, action: "delete" },
  } as const;

  const confirmDelete = (context: RequestContext, row: Row, refused: Refused = {}) => {
    const { words } = context;
    const title = words.t("confirmDelete", { name: toFormText(row[resource.title], words) });
    const { version } = row;
    return confirmPage(context, title, `${path}/${row.id}/delete`, [row.id], { ...refused, version });
  };

  const removeMany = defineRoute({
    ...head,
    method: "post",
    path: `${path}/bulk`,
    summary: `Delete several rows of ${resource.name}, after asking`,
    body: bulkBody,
    formSize: bulkSize,
    handle: async ({ context, body, response }) => {
      const ids = await selectedIds(service, body);
      if (ids.length === 0) return seeOther(`${path}?done=nothingSelected`);
      const title = context.words.t("confirmDeleteMany", { count: ids.length });
      if (body.confirmed !== "yes") return confirmPage(context, title, `${path}/bulk`, ids);
      try {
        await service.deleteMany(ids, context.session().person.id);
        return seeOther(`${path}?done=deleted`);
      } catch (error) {
        const refused = rowErrors(error, resource, context.words, response);
        return confirmPage(context, title, `${path}/bulk`, ids, refused);
      }
    },
  });

  const ask = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id/delete`,
    summary: `Ask before deleting a row of ${resource.name}`,
    params: idParams,
    handle: async ({ context, params }) => confirmDelete(context, await service.find(params.id)),
  });

  const remove = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id/delete`,
    summary: `Delete a row of ${resource.name}`,
    params: idParams,
    body: formBody,
    handle: async ({ context, params, body, response }) => {
      try {
        await service.delete(params.id, [Number(body["_version"])], context.session().person.id);
        return seeOther(`${path}?done=deleted`);
      } catch (error) {
        const { status, errors } = rowErrors(error, resource, context.words, response);
        const stale = [wholeForm(context.words.t("changedBeforeDelete"))];
        return confirmDelete(context, await service.find(params.id), {
          status,
          errors: status === 412 ? stale : errors,
        });
      }
    },
  });

  return [removeMany, ask, remove];
}
