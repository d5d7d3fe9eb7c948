import { z } from "zod";
import { html, type Markup } from "../html/html.ts";
import type { Translator } from "../i18n/translator.ts";
import type { Resource } from "../resources/resource.ts";

/** Query parameter with the columns of a list, once or several times, or with commas. */
export const columnsQuery = z.union([z.string().max(2000), z.array(z.string().max(200)).max(200)]).optional();

/** Columns that a list has unless others are chosen. */
const usualColumns = ({ fields }: Resource): readonly string[] =>
  Object.entries(fields)
    .filter(([, field]) => field.list === true)
    .map(([name]) => name);

/** Columns that are asked for, in the order of the declaration; undefined for the usual ones. */
export function chosenColumns(
  resource: Resource,
  asked: z.output<typeof columnsQuery>,
): readonly string[] | undefined {
  const wanted = [asked ?? []].flat().flatMap((text) => text.split(","));
  const chosen = Object.keys(resource.fields).filter((name) => wanted.includes(name));
  const usual = usualColumns(resource);
  return chosen.length === 0 || chosen.join() === usual.join() ? undefined : chosen;
}

/** Columns that a list shows. */
export function shownColumns(resource: Resource, chosen: string | undefined): readonly string[] {
  return chosenColumns(resource, chosen) ?? usualColumns(resource);
}

/** A box for each field of the resource. */
export function columnFields(
  resource: Resource,
  chosen: string | undefined,
  { t, pick }: Translator,
): Markup {
  const shown = shownColumns(resource, chosen);
  return html`<fieldset class="wrapped">
    <legend>${t("columns")}</legend>
    ${Object.entries(resource.fields).map(
      ([name, { label }]) =>
        html`<label class="choice"
          ><input type="checkbox" name="columns" value="${name}" ${shown.includes(name) && html` checked`} />
          ${pick(label)}</label
        >`,
    )}
  </fieldset>`;
}
