import { form, problemOf, type Refused } from "../html/form.ts";
import { html, type Markup } from "../html/html.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Reply } from "../http/route.ts";
import { issueMessage } from "../i18n/issue-message.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import type { Row } from "../resources/resource.ts";
import type { Named } from "../resources/resource-store.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { backAddress, backField, type Form, formText, thenField } from "./form-text.ts";
import { editField, fromForm, sentText, showValue, toFormText } from "./field-view.ts";
import { chosenFrom, meaningOf, textOfReference } from "./reference-text.ts";
import { loadReferences } from "./references.ts";
import { relatedRows, referringRows } from "./related-rows.ts";
import { historyView } from "./resource-history.ts";

/** Rows to choose from, by the reference whose text may mean each of them. */
export interface Offering {
  readonly offered?: Readonly<Record<string, readonly Named[]>>;
}

/**
 * The pages of one row of a resource: its form with what is wrong in it, its history, and the
 * question before deleting.
 */
export function createResourcePages(deps: AdminDeps, service: ResourceService) {
  const { resource } = service;
  const path = `/admin/${resource.name}`;

  /** What a field's box shows: a reference by its title, where the person may see that. */
  const textInBox = async (
    context: RequestContext,
    name: string,
    text: string,
    offered: readonly Named[] = [],
  ) => {
    const service = chosenFrom(deps, context.session().person, resource, name);
    return service
      ? { value: await textOfReference(service, text), choices: offered }
      : { value: text, choices: undefined };
  };

  const fieldsOf = async (
    context: RequestContext,
    text: (name: string) => string,
    { errors = [], offered = {} }: Refused & Offering,
  ): Promise<Markup[]> =>
    Promise.all(
      Object.entries(resource.fields).map(async ([name, field]) => {
        const { value, choices } = await textInBox(context, name, text(name), offered[name]);
        return editField(name, field, value, context.words, problemOf(errors, name), choices);
      }),
    );

  /** The form with the ids of the rows that its references name, and what cannot be told. */
  const withIds = async (context: RequestContext, body: Form) => {
    const ids: Record<string, string> = {};
    const offered: Record<string, readonly Named[]> = {};
    const errors: FieldProblem[] = [];
    for (const name of Object.keys(resource.fields)) {
      const service = chosenFrom(deps, context.session().person, resource, name);
      const text = formText(body)(name).trim();
      if (!service || text === "") continue;
      const meaning = await meaningOf(service, text);
      if ("id" in meaning) {
        ids[name] = String(meaning.id);
        continue;
      }
      offered[name] = meaning.offered;
      const message = context.words.t(meaning.offered.length > 0 ? "chooseOne" : "foundNone", { text });
      errors.push({ in: "body", field: name, message });
    }
    return { ids, offered, errors };
  };

  /** Checks a form; every field's problem at once, in the visitor's language. */
  const checked = async (context: RequestContext, body: Form, stored?: Row) => {
    const { ids, offered, errors: unclear } = await withIds(context, body);
    const parsed = resource.schema.safeParse(fromForm(resource, { ...body, ...ids }, context.words, stored), {
      error: issueMessage(context.words),
    });
    if (parsed.success && unclear.length === 0) return { values: parsed.data, errors: [], offered };
    const wrong = (parsed.error?.issues ?? []).map((issue): FieldProblem => ({
      in: "body",
      field: issue.path.map(String).join("."),
      message: issue.message,
    }));
    const errors = [...unclear, ...wrong.filter(({ field }) => problemOf(unclear, field) === undefined)];
    return { values: undefined, errors, offered };
  };

  const storedText = (context: RequestContext, row: Row) => (name: string) =>
    toFormText(row[name], context.words);

  /** What is stored in the fields in which it is not what was entered. */
  const storedBeside = (context: RequestContext, row: Row, entered: (name: string) => string) =>
    Object.entries(resource.fields).flatMap(([name, field]): FieldProblem[] => {
      const { control } = field;
      const { t, pick } = context.words;
      const stored = storedText(context, row)(name);
      const typed = entered(name);
      const given = control.kind === "reference" ? (/\d+$/.exec(typed)?.[0] ?? typed) : typed;
      if (sentText(field, given, context.words) === sentText(field, stored, context.words)) return [];
      const option = control.kind === "choice" ? control.options[stored] : undefined;
      const value = control.kind === "checkbox" ? t(stored === "true" ? "yes" : "no") : stored;
      const message =
        value === "" ? t("storedNowEmpty") : t("storedNow", { value: option ? pick(option) : value });
      return [{ in: "body", field: name, message }];
    });

  const createForm = async (
    context: RequestContext,
    text: (name: string) => string,
    refused: Refused & Offering = {},
  ) => {
    const { t, pick } = context.words;
    const { errors = [], status = 200 } = refused;
    const back = backAddress(text(backField));
    const cancel = { address: back ?? path, label: t("cancel") };
    const body = form(context, {
      action: `${path}/new`,
      submit: t("create"),
      others: [{ name: thenField, value: "another", label: t("createAnother") }],
      fields: [
        back && html`<input type="hidden" name="${backField}" value="${back}" />`,
        ...(await fieldsOf(context, text, refused)),
      ],
      errors,
      cancel,
    });
    const title = `${pick(resource.label.one)}: ${t("create").toLowerCase()}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const rowPage = async (
    context: RequestContext,
    row: Row,
    options: Refused & Offering & { readonly text?: (name: string) => string } = {},
  ): Promise<Reply> => {
    const { t, pick, dateTime } = context.words;
    const { person } = context.session();
    const { errors = [], status = 200, text = storedText(context, row) } = options;
    const cancel = { address: path, label: t("cancel") };
    const fields = [
      html`<input type="hidden" name="_version" value="${row.version}" />`,
      ...(await fieldsOf(context, text, options)),
    ];
    const others = [
      { name: thenField, value: "list", label: t("saveToList") },
      { name: thenField, value: "another", label: t("saveAnother") },
    ];
    const references = await loadReferences(deps, person, resource, [row]);
    const content = mayTouch(person, resource.name, "change")
      ? form(context, { action: `${path}/${row.id}`, submit: t("save"), others, fields, errors, cancel })
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
      ${await relatedRows(deps, context, resource.name, row.id)}
      ${historyView(context, resource, await service.history(row.id), { versions: mayTouch(person, resource.name, "change") })}`;
    const title = storedText(context, row)(resource.title) || `#${row.id}`;
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const confirmPage = async (
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
    const referring = await referringRows(deps, context, resource.name, ids);
    return adminPage(deps, context, { here: path, title, body: [referring, body], status });
  };

  return { checked, withIds, textInBox, storedBeside, createForm, rowPage, confirmPage };
}
