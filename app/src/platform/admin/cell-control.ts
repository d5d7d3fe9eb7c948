import { problemOf } from "../html/form.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import type { Translator } from "../i18n/translator.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import type { Field } from "../resources/resource.ts";

/** Kinds of control that fit into a cell, with the type of their box. */
const inputTypes: Readonly<Record<string, string>> = {
  text: "text",
  email: "email",
  number: "number",
  date: "date",
  moment: "datetime-local",
};

/** Whether a field is edited in the list: texts of several lines and references are in the form. */
export const fitsCell = ({ control: { kind } }: Field): boolean =>
  kind === "choice" || kind === "checkbox" || kind in inputTypes;

interface Cell {
  /** Name of the control in the form. */
  readonly name: string;
  /** What screen readers say: the row and the field. */
  readonly label: string;
  readonly value: string;
  readonly problems: readonly FieldProblem[];
}

/** The control of one field of one row in a table, and what is wrong with it. */
export function cellControl(
  { control }: Field,
  { name, label, value, problems }: Cell,
  words: Translator,
): Content {
  const problem = problemOf(problems, name);
  const attributes = html`id="${name}" name="${name}"
  aria-label="${label}"${problem && html` aria-invalid="true" aria-describedby="${name}-problem"`}`;
  const shown = (): Markup => {
    if (control.kind === "choice")
      return html`<select ${attributes}>
        ${[
          ["", ""] as const,
          ...Object.entries(control.options).map(([key, text]) => [key, words.pick(text)] as const),
        ].map(
          ([key, text]) => html`<option value="${key}" ${key === value && html` selected`}>${text}</option>`,
        )}
      </select>`;
    if (control.kind === "checkbox")
      return html`<input type="hidden" name="${name}" value="" /><input
          ${attributes}
          type="checkbox"
          value="true"
          ${value === "true" && html` checked`}
        />`;
    const step = control.kind === "moment" && html` step="0.001"`;
    return html`<input
      ${attributes}
      type="${inputTypes[control.kind] ?? "text"}"
      ${step}
      value="${value}"
    />`;
  };
  return html`${shown()}${problem && html`<p class="problem" id="${name}-problem">${problem}</p>`}`;
}
