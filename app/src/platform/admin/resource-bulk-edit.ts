import { z } from "zod";
import { form, problemOf, type Refused } from "../html/form.ts";
import { wholeForm } from "../html/form-errors.ts";
import { html } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { issueMessage } from "../i18n/issue-message.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { emptyValue } from "../resources/empty-value.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { bulkBody, bulkSize, idFields, selectedIds } from "./bulk-selection.ts";
import { editField, fromForm, showValue } from "./field-view.ts";
import { type Form, formText } from "./form-text.ts";
import { formAnswers } from "./resource-forms.ts";
import { createResourcePages, type Offering } from "./resource-pages.ts";
import { rowErrors } from "./row-errors.ts";

/** Prefix of the boxes that make a field empty in every row. */
const emptying = "_empty-";

/** Changing fields of several rows at once, after asking. */
export function resourceBulkEditRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const action = `${path}/bulk-edit`;
  const { withIds, textInBox } = createResourcePages(deps, service);
  /** A value that must be unique fits one row only. */
  const fields = Object.entries(resource.fields).filter(([name]) => name !== resource.importKey);

  const mayBeEmptied = (name: string) => {
    const kind = resource.fields[name]?.control.kind;
    return kind !== "checkbox" && emptyValue(resource, name) !== undefined;
  };

  /** Fields that a form says something of; those left alone say nothing. */
  const givenIn = (body: Form): string[] =>
    fields
      .map(([name]) => name)
      .filter((name) => formText(body)(name) !== "" || formText(body)(emptying + name) === "yes");

  const changes = async (context: RequestContext, body: Form) => {
    const given = givenIn(body);
    const { ids, offered, errors: unclear } = await withIds(context, body);
    const values = fromForm(resource, { ...body, ...ids }, context.words);
    const errors = [...unclear];
    const parsed: Record<string, unknown> = {};
    for (const name of given) {
      const result = z.safeParse(resource.schema.shape[name] as z.ZodType, values[name], {
        error: issueMessage(context.words),
      });
      if (result.success) parsed[name] = result.data;
      else if (problemOf(unclear, name) === undefined)
        errors.push({ in: "body", field: name, message: result.error.issues[0]?.message ?? "" });
    }
    return { values: parsed, errors, offered };
  };

  const page = (
    context: RequestContext,
    ids: readonly number[],
    body: string | ReturnType<typeof html>,
    status = 200,
  ) => {
    const title = `${context.words.pick(resource.label.many)}: ${context.words.t("changeMany", { count: ids.length })}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const editPage = async (
    context: RequestContext,
    ids: readonly number[],
    body: Form,
    refused: Refused & Offering = {},
  ) => {
    const { words } = context;
    const { errors = [], status = 200, offered = {} } = refused;
    const text = formText(body);
    const controls = await Promise.all(
      fields.map(async ([name, field]) => {
        // A tick says as little as an empty box here: a choice has a third value.
        const control =
          field.control.kind === "checkbox"
            ? {
                kind: "choice" as const,
                options: { true: { en: "yes", ru: "да" }, false: { en: "no", ru: "нет" } },
              }
            : field.control;
        const { value, choices } = await textInBox(context, name, text(name), offered[name]);
        const id = `${emptying}${name}`;
        return html`${editField(name, { ...field, control }, value, words, problemOf(errors, name), choices)}
        ${mayBeEmptied(name) && html`<p class="beside"><input type="checkbox" id="${id}" name="${id}" value="yes" ${text(id) === "yes" && html` checked`} /> <label for="${id}">${words.t("makeEmpty", { name: words.pick(field.label) })}</label></p>`}`;
      }),
    );
    const content = form(context, {
      action,
      submit: words.t("goOn"),
      fields: [
        html`<p>${words.t("changeManyText")}</p>`,
        idFields(ids),
        html`<input type="hidden" name="confirmed" value="ask" />`,
        ...controls,
      ],
      errors,
      cancel: { address: path, label: words.t("cancel") },
    });
    return page(context, ids, content, status);
  };

  const confirm = (
    context: RequestContext,
    ids: readonly number[],
    body: Form,
    values: Readonly<Record<string, unknown>>,
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { words } = context;
    const kept = fields
      .flatMap(([name]) => [name, emptying + name].map((key) => [key, formText(body)(key)] as const))
      .filter(([, text]) => text !== "");
    const content = form(context, {
      action,
      submit: words.t("save"),
      fields: [
        html`<dl class="facts">
          ${Object.entries(values).map(([name, value]) => {
            const field = resource.fields[name];
            if (!field) return undefined;
            const shown =
              field.control.kind === "reference"
                ? formText(body)(name)
                : showValue(field, value, words, new Map());
            return html`<dt>${words.pick(field.label)}</dt>
              <dd>${shown}</dd>`;
          })}
        </dl>`,
        idFields(ids),
        kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`),
        html`<input type="hidden" name="confirmed" value="yes" />`,
      ],
      errors,
      cancel: { address: path, label: words.t("cancel") },
    });
    return page(context, ids, content, status);
  };

  return [
    defineRoute({
      method: "post",
      path: action,
      kind: "page",
      access: { resource: resource.name, action: "change" },
      keepsForm: true,
      summary: `Change several rows of ${resource.name}, after asking`,
      body: bulkBody,
      formSize: bulkSize,
      answers: formAnswers,
      handle: async ({ context, body, response }) => {
        const ids = await selectedIds(service, body);
        if (ids.length === 0) return seeOther(`${path}?done=nothingSelected`);
        const typed = body as Form;
        if (body.confirmed !== "ask" && body.confirmed !== "yes") return editPage(context, ids, {});
        const { values, errors, offered } = await changes(context, typed);
        if (errors.length > 0) return editPage(context, ids, typed, { errors, offered, status: 400 });
        if (Object.keys(values).length === 0) {
          const nothing = wholeForm(context.words.t("nothingToChange"));
          return editPage(context, ids, typed, { errors: [nothing], status: 400 });
        }
        if (body.confirmed === "ask") return confirm(context, ids, typed, values);
        try {
          await service.changeMany(ids, values, context.session().person.id);
          return seeOther(`${path}?done=saved`);
        } catch (error) {
          const refused = rowErrors(error, resource, context.words, response);
          return confirm(context, ids, typed, values, refused.errors, refused.status);
        }
      },
    }),
  ];
}
