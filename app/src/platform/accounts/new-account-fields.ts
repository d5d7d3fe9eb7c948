import { input, problemOf, type Refused } from "../html/form.ts";
import type { Content } from "../html/html.ts";
import type { RequestContext } from "../http/request-context.ts";

/**
 * The fields of a form that opens an account: name, address and password, with what was typed and
 * what is wrong with it. A password is never shown again.
 * @param emailHint what to know about the address
 */
export function newAccountFields(
  { words: { t } }: RequestContext,
  values: { readonly name: string; readonly email: string },
  errors: NonNullable<Refused["errors"]>,
  emailHint?: string,
): Content[] {
  return [
    input({
      name: "name",
      label: t("name"),
      value: values.name,
      required: true,
      autocomplete: "name",
      problem: problemOf(errors, "name"),
    }),
    input({
      name: "email",
      type: "email",
      label: t("email"),
      hint: emailHint,
      value: values.email,
      required: true,
      autocomplete: "username",
      problem: problemOf(errors, "email"),
    }),
    input({
      name: "password",
      type: "password",
      label: t("password"),
      hint: t("passwordHint"),
      required: true,
      autocomplete: "new-password",
      problem: problemOf(errors, "password"),
    }),
  ];
}
