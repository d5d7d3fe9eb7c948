import { form } from "../html/form.ts";
import { wholeForm } from "../html/form-errors.ts";
import { html } from "../html/html.ts";
import { table } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { issueMessage } from "../i18n/issue-message.ts";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import { listQuerySchema, toListQuery } from "../resources/list-query.ts";
import type { Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { cellControl, fitsCell } from "./cell-control.ts";
import { fromForm, showValue, toFormText } from "./field-view.ts";
import { type Form, formText } from "./form-text.ts";
import { columnsQuery, chosenColumns, shownColumns } from "./list-columns.ts";
import { loadReferences } from "./references.ts";
import { formAnswers, formBody } from "./resource-forms.ts";
import { rowErrors } from "./row-errors.ts";

/** Rows of one form; a page of a list has no more. */
const mostRows = 200;
const queryField = "_query";
const cellName = (id: number, name: string) => `cell-${id}-${name}`;
const versionName = (id: number) => `version-${id}`;

/** Editing a page of a list as a table. Each row is saved by itself, and only if it has changed. */
export function listEditRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const action = `${path}/edit-list`;
  const head = {
    kind: "page",
    access: { resource: resource.name, action: "change" },
    answers: formAnswers,
  } as const;

  /** What a person has typed in a cell, or what is stored. */
  const typed = (body: Form, row: Row, name: string, context: RequestContext): string =>
    Object.hasOwn(body, cellName(row.id, name))
      ? formText(body)(cellName(row.id, name))
      : toFormText(row[name], context.words);

  const page = async (
    context: RequestContext,
    rows: readonly Row[],
    query: string,
    body: Form = {},
    errors: readonly FieldProblem[] = [],
    status = 200,
  ) => {
    const { t, pick } = context.words;
    const columns = new URLSearchParams(query).getAll("columns").join(",");
    const shown = shownColumns(resource, columns);
    const references = await loadReferences(deps, context.session().person, resource, rows);
    const titleOf = (row: Row) => toFormText(row[resource.title], context.words) || `#${row.id}`;
    const cells = Object.entries(resource.fields)
      .filter(([name]) => shown.includes(name))
      .map(([name, field]) => ({
        heading: pick(field.label),
        cell: (row: Row) =>
          fitsCell(field)
            ? cellControl(
                field,
                {
                  name: cellName(row.id, name),
                  label: `${titleOf(row)}: ${pick(field.label)}`,
                  value: typed(body, row, name, context),
                  problems: errors,
                },
                context.words,
              )
            : showValue(field, row[name], context.words, references),
      }));
    const entry = {
      heading: t("entry"),
      names: true,
      cell: (row: Row) => {
        const version = formText(body)(versionName(row.id)) || String(row.version);
        return html`<a href="${path}/${row.id}">#${row.id}</a
          ><input type="hidden" name="${versionName(row.id)}" value="${version}" />`;
      },
    };
    const title = `${pick(resource.label.many)}: ${t("editList").toLowerCase()}`;
    const fields = [
      html`<input type="hidden" name="${queryField}" value="${query}" />`,
      html`<div class="cells">${table([entry, ...cells], rows, { label: title })}</div>`,
    ];
    const cancel = { address: `${path}?${query}`, label: t("cancel") };
    const content = form(context, { action, submit: t("save"), fields, errors, cancel });
    return adminPage(deps, context, { here: path, title, body: content, status });
  };

  /** Saves a row if it has changed; what is wrong with it otherwise. */
  const save = async (
    context: RequestContext,
    row: Row,
    body: Form,
    response: Parameters<typeof rowErrors>[3],
  ): Promise<readonly FieldProblem[]> => {
    const names = Object.keys(resource.fields);
    const texts = Object.fromEntries(names.map((name) => [name, typed(body, row, name, context)]));
    const same = names.every((name) => {
      const stored = toFormText(row[name], context.words);
      const empty = resource.fields[name]?.control.kind === "checkbox" && stored === "false" ? "" : stored;
      return texts[name] === stored || texts[name] === empty;
    });
    if (same) return [];
    const inCell = (problems: readonly FieldProblem[]) =>
      problems.map((problem) => ({
        ...problem,
        field: problem.field === "" ? "" : cellName(row.id, problem.field),
      }));
    const parsed = resource.schema.safeParse(fromForm(resource, texts, context.words, row), {
      error: issueMessage(context.words),
    });
    if (!parsed.success)
      return inCell(
        parsed.error.issues.map(({ path: place, message }) => ({
          in: "body",
          field: place.map(String).join("."),
          message,
        })),
      );
    try {
      const version = Number(formText(body)(versionName(row.id)));
      await service.update(row.id, [version], parsed.data, context.session().person.id);
      return [];
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 412))
        return [wholeForm(`#${row.id}: ${context.words.t("changedInList")}`)];
      return inCell(rowErrors(error, resource, context.words, response).errors);
    }
  };

  return [
    defineRoute({
      ...head,
      method: "get",
      path: action,
      summary: `A page of the list of ${resource.name} as a form`,
      query: listQuerySchema(resource).extend({ columns: columnsQuery }),
      handle: async ({ context, query, request }) => {
        const { columns, ...rest } = query;
        const { rows } = await service.list(toListQuery(resource, rest));
        const address = new URLSearchParams(new URL(request.originalUrl, "http://own").search);
        const chosen = chosenColumns(resource, columns);
        if (chosen) address.set("columns", chosen.join(","));
        return page(context, rows, address.toString());
      },
    }),
    defineRoute({
      ...head,
      method: "post",
      path: action,
      keepsForm: true,
      summary: `Change rows of a page of the list of ${resource.name}`,
      body: formBody,
      handle: async ({ context, body, response }) => {
        const query = new URLSearchParams(formText(body)(queryField)).toString();
        const ids = Object.keys(body)
          .flatMap((name) => /^version-(\d{1,15})$/.exec(name)?.[1] ?? [])
          .slice(0, mostRows)
          .map(Number);
        const { byId } = await service.store.lockMany(ids, undefined, [], deps.database);
        const rows = ids.flatMap((id) => byId.get(id) ?? []);
        const wrong: Row[] = [];
        const errors: FieldProblem[] = [];
        for (const row of rows) {
          const problems = await save(context, row, body, response);
          if (problems.length > 0) wrong.push(row);
          errors.push(...problems);
        }
        if (errors.length === 0) return seeOther(`${path}?${query}${query === "" ? "" : "&"}done=saved`);
        return page(context, wrong, query, body, errors, 400);
      },
    }),
  ];
}
