import { form, problemOf } from "../html/form.ts";
import { html, type Markup } from "../html/html.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Reply } from "../http/route.ts";
import { issueMessage } from "../i18n/issue-message.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import type { Change } from "../resources/change-log.ts";
import type { Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { editField, fromForm, showValue, toFormText } from "./field-view.ts";
import { loadReferences } from "./resource-list.ts";

const changeText = { create: "created", update: "updated", delete: "deleted" } as const;

/** The pages of one row of a resource: its form with what is wrong in it, its history, and the question before deleting. */
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
  const checked = (context: RequestContext, body: Readonly<Record<string, unknown>>) => {
    const parsed = resource.schema.safeParse(fromForm(resource, body), {
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

  const history = (context: RequestContext, changes: readonly Change[]): Markup => {
    const { t, pick, dateTime } = context.words;
    const label = (name: string) => (resource.fields[name] ? pick(resource.fields[name].label) : name);
    return html`<section>
      <h2>${t("changes")}</h2>
      ${
        changes.length === 0
          ? html`<p class="empty">${t("none")}</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="${t("changes")}">
              <table>
                <thead>
                  <tr>
                    <th scope="col">${t("time")}</th>
                    <th scope="col">${t("who")}</th>
                    <th scope="col">${t("action")}</th>
                    <th scope="col">${t("details")}</th>
                  </tr>
                </thead>
                <tbody>
                  ${changes.map(
                    (change) =>
                      html`<tr>
                        <td>${dateTime(change.at)}</td>
                        <td>${change.actor ?? t("nobody")}</td>
                        <td>${t(changeText[change.action])}</td>
                        <td>
                          ${Object.entries(change.fields).map(([name, [before, after]]) => html`<div><b>${label(name)}</b>: ${before !== null && html`<del>${toFormText(before)}</del> → `}${toFormText(after)}</div>`)}
                        </td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  };

  const createForm = (
    context: RequestContext,
    text: (name: string) => string,
    errors: readonly FieldProblem[] = [],
    status = 200,
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
    return adminPage(
      deps,
      context,
      path,
      `${pick(resource.label.one)}: ${t("create").toLowerCase()}`,
      body,
      status,
    );
  };

  const rowPage = async (
    context: RequestContext,
    row: Row,
    options: { text?: (name: string) => string; errors?: readonly FieldProblem[]; status?: number } = {},
  ): Promise<Reply> => {
    const { t, pick, dateTime } = context.words;
    const { person } = context.session();
    const { errors = [], status = 200, text = (name: string) => toFormText(row[name]) } = options;
    const cancel = { address: path, label: t("cancel") };
    const fields = [
      html`<input type="hidden" name="_version" value="${row.version}" />`,
      ...fieldsOf(context, text, errors),
    ];
    const references = await loadReferences(deps, resource, [row]);
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
      ${history(context, await service.history(row.id))}`;
    return adminPage(deps, context, path, toFormText(row[resource.title]) || `#${row.id}`, body, status);
  };

  const confirmPage = (
    context: RequestContext,
    title: string,
    action: string,
    ids: readonly number[],
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t } = context.words;
    const fields = [
      html`<p>${t("confirmDeleteText")}</p>`,
      ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`),
      html`<input type="hidden" name="confirmed" value="yes" />`,
    ];
    const body = form(context, {
      action,
      submit: t("delete"),
      tone: "danger",
      fields,
      errors,
      cancel: { address: path, label: t("cancel") },
    });
    return adminPage(deps, context, path, title, body, status);
  };

  return { checked, createForm, rowPage, confirmPage };
}
