import { z } from "zod";
import { defineRoute, type Route } from "../http/route.ts";
import { done, emailField, nameField, passwordField, tokenField } from "./account-schemas.ts";
import { callerOf } from "./caller.ts";
import { invitationResource, type InvitationService } from "./invitation-service.ts";
import type { Invitation } from "./invitation-store.ts";

const invitationBody = z.object({
  id: z.number().int(),
  email: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  inviter: z.string().nullable().describe("Address of the inviting person; null for the command"),
});

const rowId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const closed = { description: "Registration is closed" };

function toBody(row: Invitation): z.output<typeof invitationBody> {
  return {
    id: row.id,
    email: row.email,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    inviter: row.inviter,
  };
}

/** The JSON API of invitations. */
export function invitationApi(service: InvitationService): Route[] {
  const path = "/api/v1/invitations";
  const may = (action: "view" | "add" | "delete") => ({ resource: invitationResource, action });
  return [
    defineRoute({
      method: "get",
      path,
      access: may("view"),
      summary: "List invitations that are not used, ended ones included",
      query: z.object({ after: rowId.optional().describe("`next` of the page before") }),
      answers: {
        200: {
          description: "Newest first",
          schema: z.object({ items: z.array(invitationBody), next: z.number().int().nullable() }),
        },
      },
      handle: async ({ query }) => {
        const { rows, next } = await service.list(query.after);
        return { status: 200, json: { items: rows.map(toBody), next: next ?? null } };
      },
    }),
    defineRoute({
      method: "post",
      path,
      access: may("add"),
      summary: "Invite an address; an earlier invitation of it stops working",
      // An answer that is kept for repeats would keep the link.
      idempotent: false,
      body: z.strictObject({ email: emailField }),
      answers: {
        201: {
          description: "Invited; a mail with the link follows, or, where no mail is sent, `link` has it",
          schema: invitationBody.extend({ link: z.string().nullable() }),
        },
        403: closed,
        409: { description: "The address has an account already" },
      },
      handle: async ({ body, context }) => {
        const { person } = context.session();
        const { invitation, link } = await service.invite(body.email, person, callerOf(context));
        return { status: 201, json: { ...toBody(invitation), link: link ?? null } };
      },
    }),
    defineRoute({
      method: "delete",
      path: `${path}/:id`,
      access: may("delete"),
      summary: "Revoke an invitation",
      params: z.object({ id: rowId }),
      answers: { 204: done, 404: { description: "There is no such invitation" } },
      handle: async ({ params, context }) => {
        await service.revoke(params.id, context.session().person, callerOf(context));
        return { status: 204 };
      },
    }),
    defineRoute({
      method: "post",
      path: "/api/v1/account/invitations/accept",
      access: "public",
      summary: "Open the account of an invited address with the mailed token, and sign in",
      idempotent: false,
      body: z.strictObject({
        token: tokenField,
        email: emailField.describe("The invited address; another one is refused"),
        name: nameField,
        password: passwordField,
      }),
      answers: {
        204: done,
        403: closed,
        410: { description: "The invitation is used, revoked or too old" },
      },
      handle: async ({ body, context }) => {
        await service.accept(body, callerOf(context));
        return { status: 204 };
      },
    }),
  ].map((route) => ({ ...route, tag: "Invitations" }));
}
