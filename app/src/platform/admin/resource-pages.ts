import { form, problemOf, type Refused } from "../html/form.ts";
import { html, type Markup } from "../html/html.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Reply } from "../http/route.ts";
import { issueMessage } from "../i18n/issue-message.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import type { Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { editField, fromForm, showValue, toFormText } from "./field-view.ts";
import { loadReferences } from "./references.ts";
import { historyView } from "./resource-history.ts";

/**
 * The pages of one row of a resource: its form with what is wrong in it, its history, and the
 * question before deleting.
 */
export function createResourcePages(deps: AdminDeps, service: ResourceService) {
  const { resource } = service;
  const path = `/admin/${resource.name}`;

  const fieldsOf = (
    context: RequestContext,
    text: (name: string) => string,
    errors: readonly FieldProblem[],
  ): Markup[] =>
    Object.entries(resource.fields).map(([name, field]) =>
      editField(name, field, text(name), context.words, problemOf(errors, name)),
    );

  /** Checks a form; every field's problem at once, in the visitor's language. */
  const checked = (context: RequestContext, body: Readonly<Record<string, unknown>>, stored?: Row) => {
    const parsed = resource.schema.safeParse(fromForm(resource, body, context.words, stored), {
      error: issueMessage(context.words),
    });
    if (parsed.success) return { values: parsed.data, errors: [] };
    const errors = parsed.error.issues.map((issue): FieldProblem => ({
      in: "body",
      field: issue.path.map(String).join("."),
      message: issue.message,
    }));
    return { values: undefined, errors };
  };

  const storedText = (context: RequestContext, row: Row) => (name: string) =>
    toFormText(row[name], context.words);

  /** What is stored in the fields in which it is not what was entered. */
  const storedBeside = (context: RequestContext, row: Row, entered: (name: string) => string) =>
    Object.entries(resource.fields).flatMap(([name, { control }]): FieldProblem[] => {
      const { t, pick } = context.words;
      const stored = storedText(context, row)(name);
      const given = entered(name).replaceAll("\r\n", "\n");
      if (given === stored || (control.kind === "checkbox" && (given === "true") === (stored === "true")))
        return [];
      const option = control.kind === "choice" ? control.options[stored] : undefined;
      const value = control.kind === "checkbox" ? t(stored === "true" ? "yes" : "no") : stored;
      const message =
        value === "" ? t("storedNowEmpty") : t("storedNow", { value: option ? pick(option) : value });
      return [{ in: "body", field: name, message }];
    });

  const createForm = (
    context: RequestContext,
    text: (name: string) => string,
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t, pick } = context.words;
    const cancel = { address: path, label: t("cancel") };
    const body = form(context, {
      action: `${path}/new`,
      submit: t("create"),
      fields: fieldsOf(context, text, errors),
      errors,
      cancel,
    });
    const title = `${pick(resource.label.one)}: ${t("create").toLowerCase()}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const rowPage = async (
    context: RequestContext,
    row: Row,
    options: Refused & { readonly text?: (name: string) => string } = {},
  ): Promise<Reply> => {
    const { t, pick, dateTime } = context.words;
    const { person } = context.session();
    const { errors = [], status = 200, text = storedText(context, row) } = options;
    const cancel = { address: path, label: t("cancel") };
    const fields = [
      html`<input type="hidden" name="_version" value="${row.version}" />`,
      ...fieldsOf(context, text, errors),
    ];
    const references = await loadReferences(deps, person, resource, [row]);
    const content = mayTouch(person, resource.name, "edit")
      ? form(context, { action: `${path}/${row.id}`, submit: t("save"), fields, errors, cancel })
      : html`<dl class="facts">
          ${Object.entries(resource.fields).map(
            ([name, field]) =>
              html`<dt>${pick(field.label)}</dt>
                <dd>${showValue(field, row[name], context.words, references)}</dd>`,
          )}
        </dl>`;
    const body = html`<p class="quiet">
        ${pick(resource.label.one)} ${row.id} · ${t("created").toLowerCase()} ${dateTime(row.createdAt)} ·
        ${t("updated").toLowerCase()} ${dateTime(row.updatedAt)}
      </p>
      ${content}
      ${mayTouch(person, resource.name, "delete") && html`<p class="buttons"><a class="button danger" href="${path}/${row.id}/delete">${t("delete")}</a></p>`}
      ${historyView(context, resource, await service.history(row.id))}`;
    const title = storedText(context, row)(resource.title) || `#${row.id}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const confirmPage = (
    context: RequestContext,
    title: string,
    action: string,
    ids: readonly number[],
    options: Refused & { readonly version?: number } = {},
  ) => {
    const { errors = [], status = 200, version } = options;
    const { t } = context.words;
    const fields = [
      html`<p>${t("confirmDeleteText")}</p>`,
      ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`),
      html`<input type="hidden" name="confirmed" value="yes" />`,
      version !== undefined && html`<input type="hidden" name="_version" value="${version}" />`,
    ];
    const body = form(context, {
      action,
      submit: t("delete"),
      tone: "danger",
      fields,
      errors,
      cancel: { address: path, label: t("cancel") },
    });
    return adminPage(deps, context, { here: path, title, body, status });
  };

  return { checked, storedBeside, createForm, rowPage, confirmPage };
}
