import { html, type Content } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";
import { filtersOf } from "../resources/list-query.ts";
import type { Resource } from "../resources/resource.ts";
import type { Named } from "../resources/resource-store.ts";
import { type AdminDeps, queryOf } from "./admin-frame.ts";
import { chosenFrom, meaningOf, referenceText, textOfReference } from "./reference-text.ts";
import type { Asked } from "./resource-list-view.ts";

/** A text that a list is narrowed by, and the rows that it may mean. */
interface Unclear {
  readonly name: string;
  readonly text: string;
  readonly offered: readonly Named[];
}

interface ReferenceFilters {
  /** What is asked for, references by id. */
  readonly asked: Asked;
  /** Texts of references, by field: empty, where the list is not narrowed by one. */
  readonly named: Readonly<Record<string, string>>;
  readonly unclear: readonly Unclear[];
}

/** Reads the references that a list is narrowed by: a part of a title is enough for each. */
export async function readReferenceFilters(
  deps: AdminDeps,
  context: RequestContext,
  resource: Resource,
  asked: Asked,
): Promise<ReferenceFilters> {
  const ids: Record<string, string | undefined> = {};
  const named: Record<string, string> = {};
  const unclear: Unclear[] = [];
  for (const name of filtersOf(resource)) {
    const service = chosenFrom(deps, context.session().person, resource, name);
    if (!service) continue;
    const text = asked[name]?.trim() ?? "";
    named[name] = text;
    if (text === "") continue;
    const meaning = await meaningOf(service, text);
    if ("id" in meaning) {
      ids[name] = String(meaning.id);
      named[name] = await textOfReference(service, String(meaning.id));
    } else {
      ids[name] = undefined;
      unclear.push({ name, text, offered: meaning.offered });
    }
  }
  return { asked: { ...asked, ...ids }, named, unclear };
}

/** Links to the list narrowed by each of the rows that a text may mean. */
export function unclearView(
  { words: { t } }: RequestContext,
  path: string,
  { asked, unclear }: ReferenceFilters,
): Content {
  return unclear.map(
    ({ name, text, offered }) =>
      html`<section class="notice">
        <p>${t(offered.length > 0 ? "chooseOne" : "foundNone", { text })}</p>
        <ul>
          ${offered.map(
            (row) =>
              html`<li>
                <a href="${path}${queryOf({ ...asked, [name]: String(row.id) })}">${referenceText(row)}</a>
              </li>`,
          )}
        </ul>
      </section>`,
  );
}
