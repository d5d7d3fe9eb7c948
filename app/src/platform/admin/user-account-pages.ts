import { randomBytes } from "node:crypto";
import { z } from "zod";
import { nameField } from "../accounts/account-schemas.ts";
import { createAccountStore } from "../accounts/account-store.ts";
import { callerOf } from "../accounts/caller.ts";
import { text, typedEmail, wrong } from "../accounts/form-values.ts";
import { hashPassword, passwordProblem } from "../accounts/password.ts";
import { form, input, problemOf, type Refused, select } from "../html/form.ts";
import { formErrors, wholeForm } from "../html/form-errors.ts";
import { html } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";
import { defineRoute, type Route, seeOther } from "../http/route.ts";
import { notFound } from "../problems/problems.ts";
import { idParams } from "../resources/resource-api.ts";
import { roles } from "../sessions/session.ts";
import { type AdminDeps, adminPage } from "./admin-frame.ts";
import { createUserStore, type UserListing } from "./user-store.ts";
import { roleText, usersPath as path } from "./user-view.ts";

const head = {
  kind: "page",
  access: "admin",
  answers: {
    200: { description: "A page", contentType: "text/html" },
    303: { description: "On" },
    404: { description: "No such user" },
  },
} as const;

/** Accounts of others: create one, mail a link to set its password, delete it. For admins only. */
export function userAccountPages(deps: AdminDeps): Route[] {
  const { account, audit } = deps.services;
  const accounts = createAccountStore(deps.database);
  const users = createUserStore(deps.database);

  const find = async (id: number): Promise<UserListing> => {
    const user = await users.find(id);
    if (!user) throw notFound(`There is no user ${id}.`);
    return user;
  };

  const createPage = (
    context: RequestContext,
    values: Readonly<Record<string, string>>,
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const box = (name: string) => ({ name, value: values[name] ?? "", problem: problemOf(errors, name) });
    const fields = [
      input({ ...box("email"), type: "email", label: t("email"), required: true }),
      input({ ...box("name"), label: t("name"), required: true }),
      select(
        { ...box("role"), label: t("role"), value: values["role"] ?? "staff" },
        roles.map((role) => [role, t(roleText[role])]),
      ),
      input({
        name: "password",
        type: "password",
        label: t("initialPassword"),
        hint: t(account.offers.reset ? "initialPasswordHint" : "passwordHint"),
        autocomplete: "new-password",
        problem: problemOf(errors, "password"),
      }),
    ];
    const cancel = { address: path, label: t("cancel") };
    const body = form(context, { action: `${path}/new`, submit: t("create"), fields, errors, cancel });
    return adminPage(deps, context, { here: path, title: t("createUser"), body, status });
  };

  const deletePage = (
    context: RequestContext,
    user: UserListing,
    { errors = [], status = 200 }: Refused = {},
  ) => {
    const { t } = context.words;
    const body = form(context, {
      action: `${path}/${user.id}/delete`,
      submit: t("delete"),
      tone: "danger",
      fields: html`<p>${t("deleteUserText")}</p>`,
      errors,
      cancel: { address: `${path}/${user.id}`, label: t("cancel") },
    });
    const title = t("confirmDelete", { name: user.email });
    return adminPage(deps, context, { here: path, title, body, status });
  };

  const newUser = defineRoute({
    ...head,
    method: "get",
    path: `${path}/new`,
    summary: "Form for a new user",
    handle: ({ context }) => createPage(context, {}),
  });

  const create = defineRoute({
    ...head,
    method: "post",
    path: `${path}/new`,
    summary: "Create a user",
    body: z.object({ email: text, name: text, password: text, role: z.enum(roles) }),
    handle: async ({ context, body, response }) => {
      const errors = wrong({ email: typedEmail, name: nameField }, body);
      const { password } = body;
      const mailed = password === "" && account.offers.reset;
      const weak = mailed ? undefined : await passwordProblem(password, body.email);
      if (weak !== undefined) errors.push(weak);
      if (errors.length > 0) return createPage(context, body, { errors, status: 400 });
      const email = typedEmail.parse(body.email);
      const passwordHash = await hashPassword(mailed ? randomBytes(24).toString("base64url") : password);
      const user = await accounts.insert({
        email,
        name: nameField.parse(body.name),
        passwordHash,
        role: body.role,
      });
      if (!user) {
        const taken = { in: "body", field: "email", message: context.words.t("taken") } as const;
        return createPage(context, body, { errors: [taken], status: 409 });
      }
      const actorId = context.session().person.id;
      const details = { role: body.role };
      await audit({ event: "user-created", actorId, subject: email, details }, callerOf(context));
      if (!mailed) return seeOther(`${path}/${user.id}?done=userCreated`);
      try {
        await account.requestReset(email, callerOf(context));
        return seeOther(`${path}/${user.id}?done=resetSent`);
      } catch (error) {
        formErrors(error, response);
        return seeOther(`${path}/${user.id}?done=userCreated`);
      }
    },
  });

  const reset = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id/reset`,
    summary: "Mail a user a link to set a password",
    params: idParams,
    body: z.object({}),
    handle: async ({ context, params }) => {
      account.requireMail();
      const user = await find(params.id);
      await account.requestReset(user.email, callerOf(context));
      const actorId = context.session().person.id;
      await audit({ event: "reset-sent", actorId, subject: user.email }, callerOf(context));
      return seeOther(`${path}/${user.id}?done=resetSent`);
    },
  });

  const ask = defineRoute({
    ...head,
    method: "get",
    path: `${path}/:id/delete`,
    summary: "Ask before deleting a user",
    params: idParams,
    handle: async ({ context, params }) => deletePage(context, await find(params.id)),
  });

  const remove = defineRoute({
    ...head,
    method: "post",
    path: `${path}/:id/delete`,
    summary: "Delete a user",
    params: idParams,
    body: z.object({}),
    handle: async ({ context, params }) => {
      const user = await find(params.id);
      const { person } = context.session();
      if (user.id === person.id) {
        const errors = [wholeForm(context.words.t("notYourself"))];
        return deletePage(context, user, { errors, status: 400 });
      }
      await users.delete(user.id);
      await audit({ event: "user-deleted", actorId: person.id, subject: user.email }, callerOf(context));
      return seeOther(`${path}?done=deleted`);
    },
  });

  return [newUser, create, reset, ask, remove];
}
