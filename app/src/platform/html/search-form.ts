import type { Translator } from "../i18n/translator.ts";
import { html, type Content, type Markup } from "./html.ts";

/** What a list can be narrowed by. */
export interface SearchField {
  /** Name of the query parameter. */
  readonly name: string;
  readonly label: string;
  /** What is asked for now. */
  readonly value: string | undefined;
  /** Id of the control; the name when unset. */
  readonly id?: string;
  readonly type?: "search" | "number" | "date" | "datetime-local";
  /** Width of a text field, in characters. */
  readonly size?: number;
  /** Values to choose from, with their texts. A choice of none of them is added. */
  readonly options?: readonly (readonly [value: string, text: string])[];
  /** Whether one of the options always holds, so that none is not offered. */
  readonly always?: boolean;
  /** Values that are offered while one types. */
  readonly suggestions?: readonly string[] | undefined;
  /** Address that suggests values for what is typed. */
  readonly suggest?: string | undefined;
}

function choice({ name, value, id = name, options = [], always }: SearchField, any: string): Markup {
  return html`<select id="${id}" name="${name}">
    ${always !== true && html`<option value="">${any}</option>`}
    ${options.map(([key, text]) => html`<option value="${key}" ${key === value && html` selected`}>${text}</option>`)}
  </select>`;
}

function textInput({ name, value = "", id = name, type, size, suggestions, suggest }: SearchField): Markup {
  const list = `choices-${name}`;
  return html`<input
      id="${id}"
      ${type && html` type="${type}"`}
      name="${name}"
      value="${value}"
      ${size !== undefined && html` size="${size}"`}${(suggestions ?? suggest) && html` list="${list}"`}${suggest && html` data-suggest="${suggest}" autocomplete="off"`}
    />${
      (suggestions ?? suggest) &&
      html`<datalist id="${list}">
        ${suggestions?.map((suggestion) => html`<option value="${suggestion}"></option>`)}
      </datalist>`
    }`;
}

/** The field that looks for words. */
export function searchField({ t }: Pick<Translator, "t">, value: string | undefined): SearchField {
  return { name: "search", type: "search", label: t("search"), value };
}

interface SearchFormOptions {
  /** Address of the list. */
  readonly action: string;
  readonly fields: readonly SearchField[];
  /** Fields that are folded away, unless one of them is in use. */
  readonly more?: readonly SearchField[];
  /** Further controls, folded away beside those. */
  readonly extra?: Content;
  /** What is sent along unseen. */
  readonly hidden?: Content;
  /** Whether the list is narrowed now: a link leads back to all of it. */
  readonly narrowed?: boolean;
}

/** The form over a list that narrows it. It changes nothing, so it carries no token. */
export function searchForm(
  { t }: Pick<Translator, "t">,
  { action, fields, more = [], extra, hidden, narrowed = false }: SearchFormOptions,
): Markup {
  const box = (field: SearchField) => {
    const control = field.options ? choice(field, t("any")) : textInput(field);
    return html`<div><label for="${field.id ?? field.name}">${field.label}</label>${control}</div>`;
  };
  const used = more.some(({ value, always }) => always !== true && value !== undefined && value !== "");
  return html`<form class="tools" method="get" action="${action}" role="search">
    ${fields.map(box)} ${hidden}
    <button>${t("apply")}</button>
    ${narrowed && html`<a href="${action}">${t("all")}</a>`}
    ${
      more.length > 0 &&
      html`<details ${used && html` open`}>
        <summary>${t("moreTools")}</summary>
        <div class="tools">${more.map(box)}</div>
        ${extra}
      </details>`
    }
  </form>`;
}
