import { input, labelled, select } from "../html/form.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import type { Translator } from "../i18n/translator.ts";
import type { Field, Resource } from "../resources/resource.ts";

/** What references show in place of ids: by resource, title by id. */
export type References = ReadonlyMap<string, ReadonlyMap<number, string>>;

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
    const title = references.get(control.resource)?.get(Number(value));
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

/** The control that edits a field. `value` is the form's text. */
export function editField(
  name: string,
  field: Field,
  value: string,
  words: Translator,
  problem: string | undefined,
): Markup {
  const { control } = field;
  const options = {
    name,
    label: words.pick(field.label),
    hint: field.hint && words.pick(field.hint),
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
  return input({ ...options, type: inputTypes[control.kind] });
}

/** A stored value as the text of its control. */
export function toFormText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString().slice(0, 16);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The form's texts as the schema wants them. */
export function fromForm(
  resource: Resource,
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = Object.entries(resource.fields).flatMap(
    ([name, { control }]): (readonly [string, unknown])[] => {
      const text = typeof body[name] === "string" ? body[name].replaceAll("\r\n", "\n") : "";
      if (control.kind === "checkbox") return [[name, text === "true"] as const];
      if (control.kind === "number" || control.kind === "reference")
        return text === "" ? [] : [[name, Number(text)] as const];
      if (control.kind === "moment")
        return text === "" ? [] : [[name, new Date(`${text}Z`).toISOString()] as const];
      return control.kind === "choice" && text === "" ? [] : [[name, text] as const];
    },
  );
  return Object.fromEntries(entries);
}
