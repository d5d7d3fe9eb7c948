import type { Response } from "express";
import { type FieldProblem, Problem } from "../problems/define-problem.ts";
import type { Refused } from "./form.ts";

/** A problem of a form as a whole. */
export function wholeForm(message: string): FieldProblem {
  return { in: "body", field: "", message };
}

/**
 * What went wrong, for the form that it came from. The headers of the answer say when to try again.
 *
 * @throws `error` itself, when the visitor cannot mend it.
 */
export function formErrors(error: unknown, response: Response): Required<Refused> {
  if (!(error instanceof Problem) || error.status >= 500) throw error;
  response.set(error.headers);
  return { status: error.status, errors: error.errors ?? [wholeForm(error.message)] };
}
