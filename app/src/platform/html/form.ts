import type { FieldProblem } from "../problems/define-problem.ts";
import type { RequestContext } from "../http/request-context.ts";
import { html, type Content, type Markup } from "./html.ts";
import { tokenInput } from "./page.ts";

interface InputOptions {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "email" | "password" | "number" | "date" | "datetime-local" | "file";
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  readonly required?: boolean;
  /** What the browser or password manager may fill in. */
  readonly autocomplete?: string;
  readonly problem?: string | undefined;
  readonly inputmode?: "numeric";
  readonly accept?: string;
  /** Smallest difference of two values: seconds for times. */
  readonly step?: string;
}

/** The first problem of a field. */
export function problemOf(errors: readonly FieldProblem[], name: string): string | undefined {
  return errors.find(({ field }) => field === name)?.message;
}

/**
 * Label, control, hint and problem, tied together for screen readers. `control` gets the attributes
 * to carry.
 */
export function labelled(
  { name, label, hint, problem }: Pick<InputOptions, "name" | "label" | "hint" | "problem">,
  control: (attributes: Markup) => Markup,
): Markup {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(" ");
  const attributes = html`id="${name}"
  name="${name}"${described !== "" && html` aria-describedby="${described}"`}${problem && html` aria-invalid="true"`}`;
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`} ${control(attributes)}
    ${problem && html`<p class="problem" id="${name}-problem">${problem}</p>`}
  </div>`;
}

/** A labelled input. */
export function input(options: InputOptions): Markup {
  const { type = "text", value, required, autocomplete, inputmode, accept, step } = options;
  return labelled(
    options,
    (attributes) =>
      html`<input
        ${attributes}
        type="${type}"
        ${value !== undefined && html` value="${value}"`}${required === true && html` required`}${autocomplete && html` autocomplete="${autocomplete}"`}${inputmode && html` inputmode="${inputmode}"`}${accept && html` accept="${accept}"`}${step && html` step="${step}"`}
      />`,
  );
}

/** A labelled choice; `options` are pairs of value and text. */
export function select(
  options: Pick<InputOptions, "name" | "label" | "hint" | "problem" | "value">,
  choices: readonly (readonly [string, string])[],
): Markup {
  return labelled(
    options,
    (attributes) =>
      html`<select ${attributes}>
        ${choices.map(([value, text]) => html`<option value="${value}" ${value === options.value && html` selected`}>${text}</option>`)}
      </select>`,
  );
}

/** How a form is shown again after it was refused. */
export interface Refused {
  /** What is wrong with it; nothing by default. */
  readonly errors?: readonly FieldProblem[];
  /** Status of the page; defaults to 200. */
  readonly status?: number;
}

interface FormOptions {
  readonly action: string;
  readonly submit: string;
  /** Further ways to send the form: buttons that bring a value, by which the answer differs. */
  readonly others?: readonly { readonly name: string; readonly value: string; readonly label: string }[];
  readonly fields: Content;
  /** Problems; those that belong to no field are shown on top. */
  readonly errors?: readonly FieldProblem[];
  readonly tone?: "danger";
  readonly cancel?: { readonly address: string; readonly label: string };
  readonly multipart?: boolean;
}

/** A form that posts back with the anti-CSRF token, and a summary of what is wrong. */
export function form(context: RequestContext, options: FormOptions): Markup {
  const { action, submit, others = [], fields, errors = [], tone, cancel, multipart } = options;
  const { t } = context.words;
  const wrong = errors.filter(({ field }) => field !== "").length;
  return html`<form
    class="form"
    method="post"
    action="${action}"
    ${multipart === true && html` enctype="multipart/form-data"`}
    data-unsaved="${t("unsaved")}"
    novalidate
  >
    ${tokenInput(context)}
    ${
      errors.length > 0 &&
      html`<div class="summary" role="alert" tabindex="-1">
        ${wrong > 0 && html`<p>${t("wrongFields", { count: wrong })}</p>`}
        <ul>
          ${errors.map(
            ({ field, message }) =>
              html`<li>${field === "" ? message : html`<a href="#${field}">${message}</a>`}</li>`,
          )}
        </ul>
      </div>`
    }
    ${fields}
    <p class="buttons">
      <button class="${tone ?? "primary"}">${submit}</button>
      ${others.map(({ name, value, label }) => html`<button name="${name}" value="${value}">${label}</button>`)}
      ${cancel && html` <a href="${cancel.address}">${cancel.label}</a>`}
    </p>
  </form>`;
}
