import { z } from "zod";
import type { RequestContext } from "../http/request-context.ts";
import { type Answer, defineRoute, type Route, seeOther } from "../http/route.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import { idParams } from "../resources/resource-api.ts";
import type { Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { violationOf } from "../resources/violation.ts";
import type { AdminDeps } from "./admin-frame.ts";
import { createResourcePages } from "./resource-pages.ts";
import { toFormText } from "./field-view.ts";
import { deletedPage } from "./resource-history.ts";

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

const wholeForm = (message: string): FieldProblem => ({ in: "body", field: "", message });

/** View, create, edit and delete of one row, and its history. */
export function resourceFormRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;

  const { checked, storedBeside, createForm, rowPage, confirmPage } = createResourcePages(deps, service);
  const shown = (
    error: unknown,
    { words }: RequestContext,
  ): { status: number; errors: readonly FieldProblem[] } => {
    if (!(error instanceof Problem) || error.status >= 500 || error.status === 404) throw error;
    const violation = violationOf(error.cause, resource);
    if (violation) {
      const { field, message } = violation;
      return { status: error.status, errors: [{ in: "body", field, message: words.t(message) }] };
    }
    return {
      status: error.status,
      errors: error.errors ?? [wholeForm(error.message)],
    };
  };

  const confirmDelete = (
    context: RequestContext,
    row: Row,
    refused: { status?: number; errors?: readonly FieldProblem[] } = {},
  ) => {
    const title = context.words.t("confirmDelete", {
      name: toFormText(row[resource.title], context.words),
    });
    const { version } = row;
    return confirmPage(context, title, `${path}/${row.id}/delete`, [row.id], { ...refused, version });
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
      keepsForm: true,
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
          const refused = shown(error, context);
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
          return confirmPage(context, title, `${path}/bulk`, ids, shown(error, context));
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
      handle: async ({ context, params }) => {
        const row = await service.store.find(params.id);
        if (row) return rowPage(context, row);
        return (
          (await deletedPage(deps, context, service, params.id)) ??
          rowPage(context, await service.find(params.id))
        );
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: `${path}/:id`,
      keepsForm: true,
      access: edit,
      summary: `Change a row of ${resource.name}`,
      params: idParams,
      body: formBody,
      handle: async ({ context, params, body }) => {
        const text = textOf(body);
        const before = await service.store.find(params.id);
        const { values, errors } = checked(context, body, before);
        const refuse = async (status: number, problems: readonly FieldProblem[]) => {
          const row = await service.store.find(params.id);
          if (!row) return createForm(context, text, [wholeForm(context.words.t("deletedMeanwhile"))], 404);
          if (status !== 412) return rowPage(context, row, { text, errors: problems, status });
          const meanwhile = wholeForm(context.words.t("changedMeanwhile"));
          return rowPage(context, row, {
            text,
            errors: [meanwhile, ...storedBeside(context, row, text)],
            status,
          });
        };
        if (!before || !values) return refuse(400, errors);
        try {
          await service.update(params.id, [Number(body["_version"])], values, context.session().person.id);
          return seeOther(`${path}/${params.id}?done=saved`);
        } catch (error) {
          if (error instanceof Problem && error.status === 404) return refuse(404, []);
          const refused = shown(error, context);
          return refuse(refused.status, refused.errors);
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
        return confirmDelete(context, await service.find(params.id));
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
      handle: async ({ context, params, body }) => {
        try {
          await service.delete(params.id, [Number(body["_version"])], context.session().person.id);
          return seeOther(`${path}?done=deleted`);
        } catch (error) {
          const { status, errors } = shown(error, context);
          const stale = [wholeForm(context.words.t("changedBeforeDelete"))];
          return confirmDelete(context, await service.find(params.id), {
            status,
            errors: status === 412 ? stale : errors,
          });
        }
      },
    }),
  ];
}
