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
import { cellName, seenName, seenText, typedTexts, versionName } from "./list-edit-cells.ts";
import { loadReferences } from "./references.ts";
import { formAnswers, formBody } from "./resource-forms.ts";
import { createResourcePages } from "./resource-pages.ts";
import { rowErrors } from "./row-errors.ts";

/** Rows of one form; a page of a list has no more. */
const mostRows = 200;
const queryField = "_query";

/** What became of a row: none, or the one to show again with what is wrong. */
interface Outcome {
  readonly row?: Row;
  readonly errors: readonly FieldProblem[];
}

/** Editing a page of a list as a table. Each row is saved by itself, and only if it has changed. */
export function listEditRoutes(deps: AdminDeps, service: ResourceService): Route[] {
  const { resource } = service;
  const path = `/admin/${resource.name}`;
  const action = `${path}/edit-list`;
  const { storedBeside } = createResourcePages(deps, service);
  // Of a row come its version, what was seen, and its cells: a tick comes twice, a text is long.
  const values = mostRows * (2 + 2 * Object.keys(resource.fields).length) + 10;
  const formSize = { values, bytes: values * 1024 };
  const head = {
    kind: "page",
    access: { resource: resource.name, action: "change" },
    answers: formAnswers,
  } as const;

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
    const typed = new Map(
      rows.map((row) => [row.id, typedTexts(resource, body, row.id, row, context.words)]),
    );
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
                  value: typed.get(row.id)?.get(name) ?? toFormText(row[name], context.words),
                  problems: errors,
                },
                context.words,
              )
            : showValue(field, row[name], context.words, references),
      }));
    const entry = {
      heading: t("entry"),
      names: true,
      cell: (row: Row) =>
        html`<a href="${path}/${row.id}">#${row.id}</a
          ><input type="hidden" name="${versionName(row.id)}" value="${row.version}" /><input
            type="hidden"
            name="${seenName(row.id)}"
            value="${seenText(resource, shown, row, context.words)}"
          />`,
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

  const inCells = (id: number, problems: readonly FieldProblem[]): FieldProblem[] =>
    problems.map((problem) => ({
      ...problem,
      field: problem.field === "" ? "" : cellName(id, problem.field),
    }));

  /** Says of a row that was changed or deleted meanwhile what is stored beside what was typed. */
  const overtaken = (context: RequestContext, id: number, row: Row | undefined, body: Form): Outcome => {
    const { words } = context;
    const typed = typedTexts(resource, body, id, row, words);
    if (typed.size === 0) return { errors: [] };
    if (!row) return { errors: [wholeForm(`#${id}: ${words.t("deletedInList")}`)] };
    const beside = storedBeside(context, row, (name) => typed.get(name) ?? toFormText(row[name], words));
    return { row, errors: [wholeForm(`#${id}: ${words.t("changedInList")}`), ...inCells(id, beside)] };
  };

  /** Saves what was typed in a row, if anything was. */
  const save = async (
    context: RequestContext,
    row: Row,
    body: Form,
    response: Parameters<typeof rowErrors>[3],
  ): Promise<Outcome> => {
    const { words } = context;
    const { id } = row;
    const typed = typedTexts(resource, body, id, row, words);
    if (typed.size === 0) return { errors: [] };
    const version = Number(formText(body)(versionName(id)));
    if (version !== row.version) return overtaken(context, id, row, body);
    const texts = Object.fromEntries(
      Object.keys(resource.fields).map((name) => [name, typed.get(name) ?? toFormText(row[name], words)]),
    );
    const parsed = resource.schema.safeParse(fromForm(resource, texts, words, row), {
      error: issueMessage(words),
    });
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path: place, message }): FieldProblem => ({
        in: "body",
        field: place.map(String).join("."),
        message,
      }));
      return { row, errors: inCells(id, problems) };
    }
    try {
      await service.update(id, [version], parsed.data, context.session().person.id);
      return { errors: [] };
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 412))
        return overtaken(context, id, await service.store.find(id), body);
      return { row, errors: inCells(id, rowErrors(error, resource, words, response).errors) };
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
      formSize,
      handle: async ({ context, body, response }) => {
        const query = new URLSearchParams(formText(body)(queryField)).toString();
        const ids = Object.keys(body)
          .flatMap((name) => /^version-(\d{1,15})$/.exec(name)?.[1] ?? [])
          .slice(0, mostRows)
          .map(Number);
        const { byId } = await service.store.lockMany(ids, undefined, [], deps.database);
        const wrong: Row[] = [];
        const errors: FieldProblem[] = [];
        for (const id of ids) {
          const row = byId.get(id);
          const outcome = row
            ? await save(context, row, body, response)
            : overtaken(context, id, undefined, body);
          if (outcome.row) wrong.push(outcome.row);
          errors.push(...outcome.errors);
        }
        if (errors.length === 0) return seeOther(`${path}?${query}${query === "" ? "" : "&"}done=saved`);
        return page(context, wrong, query, body, errors, 400);
      },
    }),
  ];
}
