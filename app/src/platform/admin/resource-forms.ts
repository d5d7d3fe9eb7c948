import { z } from "zod";
import { type Answer, defineRoute, type Route, seeOther } from "../http/route.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import { idParams } from "../resources/resource-api.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import type { AdminDeps } from "./admin-frame.ts";
import { createResourcePages } from "./resource-pages.ts";
import { toFormText } from "./field-view.ts";

const pageAnswer: Answer = { description: "A page", contentType: "text/html" };
const answers = {
  200: pageAnswer,
  303: { description: "On to the next page" },
  400: pageAnswer,
  404: pageAnswer,
  409: pageAnswer,
  412: pageAnswer,
};

/** Values of a form of any resource: text by name, checked by the resource's schema afterwards. */
const formBody = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** View, create, edit and delete of one row, and its history. */
export function resourceFormRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;

  const { checked, createForm, rowPage, confirmPage } = createResourcePages(deps, service);
  const shown = (error: unknown): { status: number; errors: readonly FieldProblem[] } => {
    if (!(error instanceof Problem) || error.status >= 500 || error.status === 404) throw error;
    return {
      status: error.status,
      errors: error.errors ?? [{ in: "body", field: "", message: error.message }],
    };
  };

  const textOf = (body: Readonly<Record<string, unknown>>) => (name: string) =>
    typeof body[name] === "string" ? body[name] : "";
  const head = { kind: "page", answers } as const;
  const edit = { resource: resource.name, level: "edit" } as const;
  const remove = { resource: resource.name, level: "delete" } as const;

  return [
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/new`,
      access: edit,
      summary: `Form for a new row of ${resource.name}`,
      // A link may fill fields in: /admin/visits/new?customerId=7.
      query: z.record(z.string(), z.string()),
      handle: ({ context, query }) => createForm(context, textOf(query)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/new`,
      access: edit,
      summary: `Create a row of ${resource.name}`,
      body: formBody,
      handle: async ({ context, body }) => {
        const { values, errors } = checked(context, body);
        if (!values) return createForm(context, textOf(body), errors, 400);
        try {
          const row = await service.create(values, context.session().person.id);
          return seeOther(`${path}/${row.id}?done=saved`);
        } catch (error) {
          const refused = shown(error);
          return createForm(context, textOf(body), refused.errors, refused.status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/bulk`,
      access: remove,
      summary: `Delete several rows of ${resource.name}, after asking`,
      body: z.object({
        id: z.union([z.string(), z.array(z.string())]).optional(),
        confirmed: z.string().optional(),
      }),
      handle: async ({ context, body }) => {
        const ids = [body.id ?? []]
          .flat()
          .map(Number)
          .filter((id) => Number.isSafeInteger(id) && id > 0);
        if (ids.length === 0) return seeOther(`${path}?done=nothingSelected`);
        const title = context.words.t("confirmDeleteMany", { count: ids.length });
        if (body.confirmed !== "yes") return confirmPage(context, title, `${path}/bulk`, ids);
        try {
          await service.deleteMany(ids, context.session().person.id);
          return seeOther(`${path}?done=deleted`);
        } catch (error) {
          const { status, errors } = shown(error);
          return confirmPage(context, title, `${path}/bulk`, ids, errors, status);
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id`,
      access: { resource: resource.name, level: "view" },
      summary: `One row of ${resource.name}`,
      params: idParams,
      handle: async ({ context, params }) => rowPage(context, await service.find(params.id)),
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id`,
      access: edit,
      summary: `Change a row of ${resource.name}`,
      params: idParams,
      body: formBody,
      handle: async ({ context, params, body }) => {
        const { values, errors } = checked(context, body);
        if (!values)
          return rowPage(context, await service.find(params.id), { text: textOf(body), errors, status: 400 });
        try {
          await service.update(params.id, Number(body["_version"]), values, context.session().person.id);
          return seeOther(`${path}/${params.id}?done=saved`);
        } catch (error) {
          const refused = shown(error);
          const row = await service.find(params.id);
          const stale = refused.status === 412;
          const message = context.words.t("changedMeanwhile");
          return rowPage(context, row, {
            ...(stale ? {} : { text: textOf(body) }),
            errors: stale ? [{ in: "body", field: "", message }] : refused.errors,
            status: refused.status,
          });
        }
      },
    }),
    defineRoute({
      ...head,
      method: "get",
      path: `${path}/:id/delete`,
      access: remove,
      summary: `Ask before deleting a row of ${resource.name}`,
      params: idParams,
      handle: async ({ context, params }) => {
        const row = await service.find(params.id);
        const title = context.words.t("confirmDelete", { name: toFormText(row[resource.title]) });
        return confirmPage(context, title, `${path}/${row.id}/delete`, [row.id]);
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id/delete`,
      access: remove,
      summary: `Delete a row of ${resource.name}`,
      params: idParams,
      body: formBody,
      handle: async ({ context, params }) => {
        const row = await service.find(params.id);
        try {
          await service.delete(params.id, undefined, context.session().person.id);
          return seeOther(`${path}?done=deleted`);
        } catch (error) {
          const { status, errors } = shown(error);
          const title = context.words.t("confirmDelete", { name: toFormText(row[resource.title]) });
          return confirmPage(context, title, `${path}/${row.id}/delete`, [row.id], errors, status);
        }
      },
    }),
  ];
}
