import { z } from "zod";
import { callerOf } from "../accounts/caller.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { conflict, notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import type { AdminDeps } from "./admin-frame.ts";
import { createUserStore, mayBeViewedAs } from "./user-store.ts";
import { usersPath } from "./user-view.ts";

const answers = { 303: { description: "On" }, 404: { description: "No such user" } } as const;

/**
 * Looking at the application as somebody else: everything they see, nothing that changes. Both ends
 * of it stand in the audit log, under the administrator's name.
 */
export function viewAsRoutes(deps: AdminDeps): Route[] {
  const { sessions, audit } = deps.services;
  const users = createUserStore(deps.database);
  return [
    defineRoute({
      method: "post",
      path: `${usersPath}/:id/view-as`,
      kind: "page",
      access: "admin",
      summary: "Look at the application as a user",
      params: idParams,
      body: z.object({}),
      answers: { ...answers, 409: { description: "An administrator, or disabled" } },
      handle: async ({ context, params }) => {
        const user = await users.find(params.id);
        if (!user) throw notFound(`There is no user ${params.id}.`);
        if (!mayBeViewedAs(user)) throw conflict(context.words.t("viewAsRefused"));
        const { id, person } = context.session();
        await audit({ event: "view-as-began", actorId: person.id, subject: user.email }, callerOf(context));
        await sessions.viewAs(id, user.id);
        return seeOther(user.role === "staff" ? "/admin" : "/");
      },
    }),
    defineRoute({
      method: "post",
      path: "/view-as/end",
      kind: "page",
      access: "signed-in",
      whileViewing: true,
      summary: "Look at the application as oneself again",
      body: z.object({}),
      answers,
      handle: async ({ context }) => {
        const { id, person, viewerId } = context.session();
        if (viewerId === undefined) return seeOther("/");
        await audit({ event: "view-as-ended", actorId: viewerId, subject: person.email }, callerOf(context));
        await sessions.viewAs(id, undefined);
        return seeOther(`${usersPath}/${person.id}`);
      },
    }),
  ];
}
