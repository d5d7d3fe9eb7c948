import { input, labelled, select } from "../html/form.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import type { Translator } from "../i18n/translator.ts";
import { emptyValue } from "../resources/empty-value.ts";
import type { Field, Resource, Row } from "../resources/resource.ts";
import type { Named } from "../resources/resource-store.ts";
import { type Form, formText } from "./form-text.ts";
import { referenceText } from "./reference-text.ts";
import type { References } from "./references.ts";

/** A stored value for people to read. */
export function showValue(field: Field, value: unknown, words: Translator, references: References): Content {
  const { control } = field;
  if (value === null || value === undefined || value === "") return html`<span class="quiet">–</span>`;
  if (value instanceof Date) return words.dateTime(value);
  if (typeof value === "boolean") return words.t(value ? "yes" : "no");
  if (control.kind === "choice" && typeof value === "string") {
    const option = control.options[value];
    return option ? words.pick(option) : value;
  }
  if (control.kind === "reference") {
    const titles = references.get(control.resource);
    if (!titles) return `#${Number(value)}`;
    const title = titles.get(Number(value));
    return html`<a href="/admin/${control.resource}/${Number(value)}">${title ?? `#${Number(value)}`}</a>`;
  }
  if (typeof value === "number") return words.number(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

const inputTypes = {
  text: "text",
  email: "email",
  number: "number",
  date: "date",
  moment: "datetime-local",
  reference: "number",
} as const;

/** A moment says which zone's clock it is read from. */
function hintOf({ hint, control }: Field, words: Translator): string | undefined {
  const zone = control.kind === "moment" && words.t("timeZone", { zone: words.clock.zone });
  return [hint && words.pick(hint), zone].filter(Boolean).join(" · ") || undefined;
}

/**
 * The box that a reference is chosen in: part of a title is enough. What it may mean is offered
 * below, and while one types, where scripts run.
 */
function referenceBox(
  options: Parameters<typeof input>[0],
  resource: string,
  offered: readonly Named[],
): Markup {
  const { name, value = "" } = options;
  const list = html`list="${name}-list" data-suggest="/admin/${resource}/suggest" autocomplete="off"`;
  const box = labelled(
    options,
    (attributes) => html`<input ${attributes} type="text" value="${value}" ${list} />`,
  );
  const choices = offered.map(
    ({ id, title }) =>
      html`<label class="choice"
        ><input type="radio" name="${name}" value="${id}" /> ${referenceText({ id, title })}</label
      >`,
  );
  return html`${box}<datalist id="${name}-list"></datalist> ${
      choices.length > 0 &&
      html`<fieldset class="choices">
        <legend>${options.label}</legend>
        ${choices}
      </fieldset>`
    }`;
}

/**
 * The control that edits a field. `value` is the form's text.
 *
 * @param offered rows to choose from, for a reference to rows that the person may see; others take
 * a number.
 */
export function editField(
  name: string,
  field: Field,
  value: string,
  words: Translator,
  problem: string | undefined,
  offered?: readonly Named[],
): Markup {
  const { control } = field;
  const options = {
    name,
    label: words.pick(field.label),
    hint: hintOf(field, words),
    problem,
    value,
  };
  if (control.kind === "choice") {
    return select(options, [
      ["", ""],
      ...Object.entries(control.options).map(([key, text]) => [key, words.pick(text)] as const),
    ]);
  }
  if (control.kind === "textarea") {
    return labelled(options, (attributes) => html`<textarea ${attributes} rows="5">${value}</textarea>`);
  }
  if (control.kind === "checkbox") {
    return labelled(
      options,
      (attributes) =>
        html`<input ${attributes} type="checkbox" value="true" ${value === "true" && html` checked`} />`,
    );
  }
  if (control.kind === "reference" && offered) {
    const hint = [options.hint, words.t("referenceHint")].filter(Boolean).join(" · ");
    return referenceBox({ ...options, hint }, control.resource, offered);
  }
  // Without a step in seconds, browsers refuse times that have them.
  const step = control.kind === "moment" && { step: "0.001" };
  return input({ ...options, ...step, type: inputTypes[control.kind] });
}

/** A stored value as the text of its control; a moment as the stack's clocks show it. */
export function toFormText(value: unknown, words: Translator): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return words.clock.write(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * The same for all texts that a control may send for one value: a browser leaves out seconds that
 * are none, and breaks of lines where there is one line.
 */
export function sentText({ control }: Field, text: string, { clock }: Translator): string {
  if (control.kind === "checkbox") return text === "true" ? text : "";
  if (control.kind === "moment") return clock.read(text)?.toISOString() ?? text;
  if (control.kind === "textarea") return text.replaceAll("\r\n", "\n");
  const line = text.replaceAll(/[\r\n]/g, "");
  return control.kind === "email" ? line.trim() : line;
}

/**
 * The form's texts as the schema wants them.
 *
 * @param stored the row that is edited: a moment whose text is unchanged keeps its value, also in
 * the hour that
 * clocks show twice.
 */
export function fromForm(
  resource: Resource,
  body: Form,
  words: Translator,
  stored?: Row,
): Record<string, unknown> {
  const moment = (name: string, field: Field, text: string): string => {
    const before = stored?.[name];
    const sent = sentText(field, text, words);
    const same = before instanceof Date && sentText(field, words.clock.write(before), words) === sent;
    return same ? before.toISOString() : sent;
  };
  const entries = Object.entries(resource.fields).map(([name, field]): readonly [string, unknown] => {
    const { control } = field;
    const text = formText(body)(name).replaceAll("\r\n", "\n");
    if (text === "") return [name, emptyValue(resource, name)];
    if (control.kind === "checkbox") return [name, text === "true"];
    if (control.kind === "number" || control.kind === "reference") return [name, Number(text)];
    return [name, control.kind === "moment" ? moment(name, field, text) : text];
  });
  return Object.fromEntries(entries);
}
