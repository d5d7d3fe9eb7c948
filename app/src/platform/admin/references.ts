import { mayTouch } from "../http/access.ts";
import type { Resource, Row } from "../resources/resource.ts";
import type { Person } from "../sessions/session.ts";
import type { AdminDeps } from "./admin-frame.ts";

/**
 * What references show in place of ids: by resource, title by id. Of a resource that is not in it
 * the person may see nothing.
 */
export type References = ReadonlyMap<string, ReadonlyMap<number, string>>;

/**
 * Titles of what the rows refer to, one query per resource; none of resources that the person may
 * not view.
 */
export async function loadReferences(
  deps: AdminDeps,
  person: Person,
  resource: Resource,
  rows: readonly Row[],
): Promise<References> {
  const wanted = new Map<string, Set<number>>();
  for (const [name, { control }] of Object.entries(resource.fields)) {
    if (control.kind !== "reference" || !mayTouch(person, control.resource, "view")) continue;
    const ids = wanted.get(control.resource) ?? new Set();
    for (const row of rows) if (typeof row[name] === "number") ids.add(row[name]);
    wanted.set(control.resource, ids);
  }
  const titles = [...wanted].map(async ([name, ids]) => {
    const store = ids.size > 0 ? deps.services.resources.get(name)?.store : undefined;
    return [name, (await store?.titles([...ids])) ?? new Map<number, string>()] as const;
  });
  return new Map(await Promise.all(titles));
}
