import { mayTouch } from "../http/access.ts";
import type { Resource } from "../resources/resource.ts";
import type { Named } from "../resources/resource-store.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import type { Person } from "../sessions/session.ts";
import type { AdminDeps } from "./admin-frame.ts";

/** Rows offered for a text that may mean several. */
export const mostOffered = 20;

/** What a text in a reference's box says: the row it names, or the rows that it may mean. */
type Meaning = { readonly id: number } | { readonly offered: readonly Named[] };

/** A row as the box of a reference shows it, and as `meaningOf` reads it back. */
export function referenceText({ id, title }: Named): string {
  return `${title} #${id}`;
}

/** The service of what a field refers to, where the person may look for it. */
export function chosenFrom(
  { services }: AdminDeps,
  person: Person,
  resource: Resource,
  name: string,
): ResourceService | undefined {
  const control = resource.fields[name]?.control;
  if (control?.kind !== "reference" || !mayTouch(person, control.resource, "view")) return undefined;
  return services.resources.get(control.resource);
}

/** The id that a text names by itself: `7`, `#7`, or `Anna #7` while that is the title of row 7. */
async function namedId({ store }: ResourceService, text: string): Promise<number | undefined> {
  const [, title = "", digits = ""] = /^(.*?)\s*#?(\d{1,15})$/s.exec(text) ?? [];
  if (digits === "") return undefined;
  const id = Number(digits);
  return title === "" || (await store.titles([id])).get(id) === title ? id : undefined;
}

/**
 * What a text means: the row it names, the only one that has it as its title, or else those that a
 * search finds.
 */
export async function meaningOf(service: ResourceService, text: string): Promise<Meaning> {
  const id = await namedId(service, text);
  if (id !== undefined) return { id };
  const offered = await service.store.lookUp(text, mostOffered);
  const same = offered.filter(({ title }) => title.toLowerCase() === text.toLowerCase());
  const [only] = same;
  return only && same.length === 1 ? { id: only.id } : { offered };
}

/** The text of a reference's box for an id; the number alone, when there is no such row. */
export async function textOfReference({ store }: ResourceService, id: string): Promise<string> {
  if (!/^\d{1,15}$/.test(id)) return id;
  const title = (await store.titles([Number(id)])).get(Number(id));
  return title === undefined ? id : referenceText({ id: Number(id), title });
}
