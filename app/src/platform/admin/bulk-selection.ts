import { z } from "zod";
import { html, type Content } from "../html/html.ts";
import type { FormSize } from "../http/route.ts";
import { invalidInput } from "../problems/problems.ts";
import { listQuerySchema, toListQuery } from "../resources/list-query.ts";
import type { ResourceService } from "../resources/resource-service.ts";

/** Rows that one action takes at most. */
const mostAtOnce = 1000;

/** The next step of an action carries the id of each row. */
export const bulkSize = { values: mostAtOnce + 200 } satisfies FormSize;

/** What the form around a list sends: ticked rows, or all that the list's query finds. */
export const bulkBody = z.looseObject({
  id: z.union([z.string(), z.array(z.string())]).optional(),
  all: z.string().optional(),
  _query: z.string().max(4000).optional(),
  confirmed: z.string().optional(),
});
type BulkBody = z.infer<typeof bulkBody>;

/** The query of a list that was sent along with a form. @throws invalid-input when it is none. */
function queryOfList({ resource }: ResourceService, text: string) {
  const parsed = listQuerySchema(resource).safeParse(Object.fromEntries(new URLSearchParams(text)));
  if (!parsed.success) throw invalidInput("The list's query is not one of ours: open the list again.");
  return toListQuery(resource, parsed.data);
}

/**
 * Ids of the rows that an action is for.
 *
 * @throws invalid-input when they are more than `mostAtOnce`.
 */
export async function selectedIds(service: ResourceService, body: BulkBody): Promise<number[]> {
  const ids: number[] = [];
  if (body.all === "yes") {
    for await (const { id } of service.store.all(queryOfList(service, body._query ?? ""))) {
      ids.push(id);
      if (ids.length > mostAtOnce)
        throw invalidInput(
          `An action takes ${mostAtOnce} rows at most: narrow the list, and go on with the rest.`,
        );
    }
    return ids;
  }
  return [body.id ?? []]
    .flat()
    .map(Number)
    .filter((id) => Number.isSafeInteger(id) && id > 0);
}

/** The ids as hidden fields, for the next step of an action. */
export function idFields(ids: readonly number[]): Content {
  return ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`);
}
