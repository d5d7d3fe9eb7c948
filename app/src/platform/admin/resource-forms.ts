import { z } from "zod";
import { wholeForm } from "../html/form-errors.ts";
import { type Answer, defineRoute, type Route, seeOther } from "../http/route.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import { idParams } from "../resources/resource-api.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import type { AdminDeps } from "./admin-frame.ts";
import { toFormText } from "./field-view.ts";
import { addressAfter, formText } from "./form-text.ts";
import { deletedPage } from "./resource-history.ts";
import { createResourcePages } from "./resource-pages.ts";
import { rowErrors } from "./row-errors.ts";

const pageAnswer: Answer = { description: "A page", contentType: "text/html" };

/** What the pages with a row's forms answer. */
export const formAnswers = {
  200: pageAnswer,
  303: { description: "On to the next page" },
  400: pageAnswer,
  404: pageAnswer,
  409: pageAnswer,
  412: pageAnswer,
};

/** Values of a form of any resource: text by name, checked by the resource's schema afterwards. */
export const formBody = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** View, create and edit one row, and its history. */
export function resourceFormRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const { checked, storedBeside, createForm, rowPage } = createResourcePages(deps, service);
  const head = { kind: "page", answers: formAnswers } as const;
  const may = (action: "add" | "change") => ({ resource: resource.name, action });

  const newRow = defineRoute({
    ...head,
    method: "get",
    path: `${path}/new`,
    access: may("add"),
    summary: `Form for a new row of ${resource.name}`,
    // A link may fill fields in: /admin/visits/new?customerId=7.
    query: z.record(z.string(), z.string()),
    handle: ({ context, query }) => createForm(context, formText(query)),
  });

  const create = defineRoute({
    ...head,
    method: "post",
    path: `${path}/new`,
    keepsForm: true,
    access: may("add"),
    summary: `Create a row of ${resource.name}`,
    body: formBody,
    handle: async ({ context, body, response }) => {
      const text = formText(body);
      const { values, errors, offered } = await checked(context, body);
      if (!values) return createForm(context, text, { errors, offered, status: 400 });
      try {
        const row = await service.create(values, context.session().person.id);
        return seeOther(addressAfter(body, path, `${path}/${row.id}`));
      } catch (error) {
        return createForm(context, text, rowErrors(error, resource, context.words, response));
      }
    },
  });

  const show = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id`,
    access: { resource: resource.name, action: "view" },
    summary: `One row of ${resource.name}`,
    params: idParams,
    // A link of the history shows what was stored then, to be saved again.
    query: z.object({ version: idParams.shape.id.optional() }),
    handle: async ({ context, params, query }) => {
      const row = await service.store.find(params.id);
      const then =
        row && query.version !== undefined ? await service.versionOf(row, query.version) : undefined;
      if (row && then) {
        const text = (name: string) => toFormText(then[name], context.words);
        const notice = wholeForm(context.words.t("versionShown"));
        return rowPage(context, row, { text, errors: [notice, ...storedBeside(context, row, text)] });
      }
      if (row) return rowPage(context, row);
      return (
        (await deletedPage(deps, context, service, params.id)) ??
        rowPage(context, await service.find(params.id))
      );
    },
  });

  const change = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id`,
    keepsForm: true,
    access: may("change"),
    summary: `Change a row of ${resource.name}`,
    params: idParams,
    body: formBody,
    handle: async ({ context, params, body, response }) => {
      const { words } = context;
      const text = formText(body);
      const before = await service.store.find(params.id);
      const { values, errors, offered } = await checked(context, body, before);
      const refuse = async (status: number, problems: readonly FieldProblem[]) => {
        const row = await service.store.find(params.id);
        const gone = { errors: [wholeForm(words.t("deletedMeanwhile"))], status: 404 };
        if (!row) return createForm(context, text, gone);
        if (status !== 412) return rowPage(context, row, { text, errors: problems, offered, status });
        const meanwhile = wholeForm(words.t("changedMeanwhile"));
        const beside = storedBeside(context, row, text);
        return rowPage(context, row, { text, errors: [meanwhile, ...beside], status });
      };
      if (!before || !values) return refuse(400, errors);
      try {
        await service.update(params.id, [Number(body["_version"])], values, context.session().person.id);
        return seeOther(addressAfter(body, path, `${path}/${params.id}`));
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return refuse(404, []);
        const refused = rowErrors(error, resource, words, response);
        return refuse(refused.status, refused.errors);
      }
    },
  });

  return [newRow, create, show, change];
}
