import { forbidden } from "../problems/problems.ts";
import type { Visitor } from "../sessions/visitor.ts";

/** Field of a page's form that brings the visitor's token back. */
export const formTokenField = "_token";

/** @throws forbidden when the token is not this visitor's. */
export function requireFormToken(visitor: Pick<Visitor, "isFormToken">, given: string | undefined): void {
  if (visitor.isFormToken(given)) return;
  throw forbidden("The form's token is missing or old. Load the page again and repeat.");
}
