/** What a form brought, by name. */
export type Form = Readonly<Record<string, string | readonly string[]>>;

/**
 * The text of a field in a form. Of several, the last counts: a choice stands below the box that it
 * was typed in.
 */
export const formText =
  (form: Form) =>
  (name: string): string =>
    [form[name] ?? ""].flat().at(-1) ?? "";

/** Field with the address that a form leads back to. */
export const backField = "_back";

/** The address to go back to, if it is one of a row's page: nothing else is gone to. */
export function backAddress(text: string): string | undefined {
  return /^\/admin\/[a-z][a-z0-9-]*\/\d+$/.test(text) ? text : undefined;
}

/** Button that says where a saved form leads: to its list, or to the form for another one. */
export const thenField = "_then";

/** Address that a saved form leads to. `own` is the row's page. */
export function addressAfter(form: Form, path: string, own: string): string {
  const then = formText(form)(thenField);
  const back = backAddress(formText(form)(backField));
  if (then === "list") return `${path}?done=saved`;
  if (then !== "another") return `${back ?? own}?done=saved`;
  return `${path}/new?done=saved${back === undefined ? "" : `&${new URLSearchParams({ [backField]: back }).toString()}`}`;
}
