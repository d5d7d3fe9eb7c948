import { invitationResource } from "../accounts/invitation-service.ts";
import { html, type Content, type Markup } from "../html/html.ts";
import { table } from "../html/table.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { FormSize } from "../http/route.ts";
import type { Translator } from "../i18n/translator.ts";
import { mediaResource } from "../media/media-service.ts";
import type { Services } from "../services.ts";
import { actionsOn, completed } from "../sessions/rights.ts";
import { type Action, actions, type Rights } from "../sessions/session.ts";
import type { Group } from "./group-store.ts";

/** Something that rights can be about. */
interface Permitted {
  readonly name: string;
  readonly label: string;
}

const actionText = {
  view: "actionView",
  add: "actionAdd",
  change: "actionChange",
  delete: "actionDelete",
} as const;

/** What rights are about: the modules' resources, files and invitations. */
function permittedIn({ resources }: Services, { pick, t }: Translator): readonly Permitted[] {
  return [
    ...[...resources.values()].map(({ resource: { name, label } }) => ({ name, label: pick(label.many) })),
    { name: mediaResource, label: t("media") },
    { name: invitationResource, label: t("invitations") },
  ];
}

/** A form has a box for each action on each resource, and one for each group. */
export const rightsSize = { values: 5000, bytes: 256 * 1024 } satisfies FormSize;

const valuesOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** The rights that a form of `rightsFields` brings. */
export function rightsIn(
  services: Services,
  { words }: RequestContext,
  body: Readonly<Record<string, unknown>>,
): Rights {
  const chosen = permittedIn(services, words).map(({ name }) => {
    const wanted = valuesOf(body[`may-${name}`]);
    return [name, completed(actionsOn(name).filter((action) => wanted.includes(action)))] as const;
  });
  return Object.fromEntries(chosen.filter(([, held]) => held.length > 0));
}

/**
 * A box for each action on each resource.
 *
 * @param more rights that are held beside those of the form, by groups.
 */
export function rightsFields(
  services: Services,
  { words }: RequestContext,
  held: Rights,
  hint: Content,
  more: Rights = {},
): Markup {
  const { t } = words;
  const box = (about: Permitted, action: Action): Content => {
    if (!actionsOn(about.name).includes(action)) return undefined;
    const ticked = held[about.name]?.includes(action) === true;
    const label = `${about.label}: ${t(actionText[action])}`;
    return html`<input
        type="checkbox"
        name="may-${about.name}"
        value="${action}"
        aria-label="${label}"
        ${ticked && html` checked`}
      /><span class="hidden" aria-hidden="true">${t(actionText[action])}</span>${
        more[about.name]?.includes(action) === true &&
        html`<span class="tag" title="${t("byGroup")}">${t("byGroup")}</span>`
      }`;
  };
  return html`<fieldset class="rights">
    <legend>${t("permissions")}</legend>
    <p class="hint">${hint}</p>
    ${table(
      [
        { heading: t("resource"), names: true, cell: (about: Permitted) => about.label },
        ...actions.map((action) => ({
          heading: t(actionText[action]),
          className: "may",
          cell: (about: Permitted) => box(about, action),
        })),
      ],
      permittedIn(services, words),
      { label: t("permissions") },
    )}
  </fieldset>`;
}

/** Rights in words, a line a resource. */
export function rightsText(services: Services, { words }: RequestContext, held: Rights): Content {
  const lines = permittedIn(services, words)
    .filter(({ name }) => (held[name]?.length ?? 0) > 0)
    .map(({ name, label }) => {
      const may = actions.filter((action) => held[name]?.includes(action));
      return html`<div>
        ${label}: ${may.map((action) => words.t(actionText[action]).toLowerCase()).join(", ")}
      </div>`;
    });
  return lines.length > 0 ? lines : words.t("noPermission");
}

/** A box for each group. */
export function groupFields(
  { words: { t } }: RequestContext,
  groups: readonly Group[],
  chosen: readonly number[],
  hint: string,
): Content {
  if (groups.length === 0) return undefined;
  return html`<fieldset>
    <legend>${t("groups")}</legend>
    <p class="hint">${hint}</p>
    ${groups.map(
      ({ id, name }) =>
        html`<p class="beside">
          <input
            type="checkbox"
            id="group-${id}"
            name="group"
            value="${id}"
            ${chosen.includes(id) && html` checked`}
          />
          <label for="group-${id}">${name}</label>
        </p>`,
    )}
  </fieldset>`;
}

/** The groups that a form of `groupFields` brings, as far as they exist. */
export function groupsIn(body: Readonly<Record<string, unknown>>, groups: readonly Group[]): number[] {
  const wanted = valuesOf(body["group"]);
  return groups.filter(({ id }) => wanted.includes(String(id))).map(({ id }) => id);
}
