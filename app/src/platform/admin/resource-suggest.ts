import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import type { ResourceService } from "../resources/resource-service.ts";
import { mostOffered, referenceText } from "./reference-text.ts";

/** What the box of a reference offers while one types. */
export function resourceSuggestRoutes({ resource, store }: ResourceService): Route[] {
  return [
    defineRoute({
      method: "get",
      path: `/admin/${resource.name}/suggest`,
      kind: "page",
      access: { resource: resource.name, action: "view" },
      summary: `Rows of ${resource.name} that a text may mean`,
      query: z.object({ text: z.string().trim().min(1).max(200) }),
      answers: { 200: { description: "Their texts", schema: z.array(z.string()) } },
      handle: async ({ query }) => ({
        status: 200,
        json: (await store.lookUp(query.text, mostOffered)).map(referenceText),
      }),
    }),
  ];
}
