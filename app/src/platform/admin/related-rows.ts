import { html, type Content } from "../html/html.ts";
import { tableOrNone } from "../html/table.ts";
import { mayTouch } from "../http/access.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { ListQuery } from "../resources/list-query.ts";
import type { Field, Row } from "../resources/resource.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { type AdminDeps, queryOf } from "./admin-frame.ts";
import { showValue, toFormText } from "./field-view.ts";
import { loadReferences } from "./references.ts";

/** Rows of one relation that a page shows; a link leads to all of them. */
const mostShown = 5;

/** A field of another resource that refers to rows of this one, and can be narrowed to one. */
interface Relation {
  readonly service: ResourceService;
  readonly name: string;
  readonly field: Field;
}

/** What refers to a resource, as far as the person may see it. */
function relationsTo(deps: AdminDeps, context: RequestContext, target: string): readonly Relation[] {
  const { person } = context.session();
  return [...deps.services.resources.values()]
    .filter(({ resource }) => mayTouch(person, resource.name, "view"))
    .flatMap((service) =>
      Object.entries(service.resource.fields)
        .filter(
          ([, { control, filter }]) =>
            control.kind === "reference" && control.resource === target && filter === true,
        )
        .map(([name, field]) => ({ service, name, field })),
    );
}

/** The newest rows that refer to one, and whether there are more. */
async function newestOf({ service, name }: Relation, id: number, limit: number) {
  const query: ListQuery = {
    limit,
    sort: "id",
    descending: true,
    search: undefined,
    filters: [[name, String(id)]],
    after: undefined,
  };
  const { rows, next } = await service.list(query);
  return { rows, more: next !== undefined };
}

/** Address of the list of all rows of a relation. */
const listAddress = ({ service, name }: Relation, id: number) =>
  `/admin/${service.resource.name}${queryOf({ [name]: String(id) })}`;

/** The rows that refer to a row, with links to them, to all of them and to a new one. */
export async function relatedRows(
  deps: AdminDeps,
  context: RequestContext,
  target: string,
  id: number,
): Promise<Content> {
  const { words } = context;
  const { t, pick } = words;
  const { person } = context.session();
  const section = async (relation: Relation) => {
    const { resource } = relation.service;
    const path = `/admin/${resource.name}`;
    const { rows, more } = await newestOf(relation, id, mostShown);
    const references = await loadReferences(deps, person, resource, rows);
    const listed = Object.entries(resource.fields).filter(
      ([name, field]) => field.list === true && name !== relation.name,
    );
    const label = pick(resource.label.many);
    const columns = listed.map(([name, field], index) => {
      const shown = (row: Row) => showValue(field, row[name], words, references);
      const link = index === 0 && field.control.kind !== "reference";
      return {
        heading: pick(field.label),
        names: link,
        cell: link ? (row: Row) => html`<a href="${path}/${row.id}">${shown(row)}</a>` : shown,
      };
    });
    const add = `${path}/new${queryOf({ [relation.name]: String(id), _back: `/admin/${target}/${id}` })}`;
    return html`<section>
      <h2>${label}</h2>
      ${tableOrNone(words, columns, rows, { label, className: "list" })}
      <p class="buttons">
        ${mayTouch(person, resource.name, "add") && html`<a class="button" href="${add}">${t("addTo", { label: pick(resource.label.one).toLowerCase() })}</a>`}
        ${more && html`<a href="${listAddress(relation, id)}">${t("showAll")}</a>`}
      </p>
    </section>`;
  };
  return Promise.all(relationsTo(deps, context, target).map(section));
}

/** What refers to rows that are about to be deleted, with links; nothing when nothing does. */
export async function referringRows(
  deps: AdminDeps,
  context: RequestContext,
  target: string,
  ids: readonly number[],
): Promise<Content> {
  const { words } = context;
  const { t, pick } = words;
  const some = ids.slice(0, mostShown);
  const groups = await Promise.all(
    relationsTo(deps, context, target).flatMap((relation) =>
      some.map(async (id) => ({ relation, id, ...(await newestOf(relation, id, mostShown)) })),
    ),
  );
  const filled = groups.filter(({ rows }) => rows.length > 0);
  if (filled.length === 0) return undefined;
  const items = filled.flatMap(({ relation, id, rows, more }) => {
    const { resource } = relation.service;
    const title = (row: Row) => {
      const field = resource.fields[resource.title];
      const shown = field && showValue(field, row[resource.title], words, new Map());
      return shown ?? toFormText(row.id, words);
    };
    return [
      ...rows.map(
        (row) =>
          html`<li>
            <a href="/admin/${resource.name}/${row.id}"
              >${pick(resource.label.one)} ${row.id}: ${title(row)}</a
            >
          </li>`,
      ),
      more &&
        html`<li>
          <a href="${listAddress(relation, id)}"
            >${t("showAll")}: ${pick(resource.label.many).toLowerCase()}</a
          >
        </li>`,
    ];
  });
  return html`<h2>${t("referredToBy")}</h2>
    <ul>
      ${items}
    </ul>`;
}
