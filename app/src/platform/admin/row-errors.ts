import type { Response } from "express";
import { formErrors } from "../html/form-errors.ts";
import type { Refused } from "../html/form.ts";
import type { Translator } from "../i18n/translator.ts";
import { Problem } from "../problems/define-problem.ts";
import type { Resource } from "../resources/resource.ts";
import { violationOf } from "../resources/violation.ts";

/**
 * What went wrong with a row, for its form: what the database refused stands at its field.
 *
 * @throws `error` itself, when the visitor cannot mend it, and when the row is gone.
 */
export function rowErrors(
  error: unknown,
  resource: Resource,
  { t }: Translator,
  response: Response,
): Required<Refused> {
  if (error instanceof Problem && error.status === 404) throw error;
  const refused = formErrors(error, response);
  const violation = error instanceof Problem && violationOf(error.cause, resource);
  if (!violation) return refused;
  const { field, message } = violation;
  return { ...refused, errors: [{ in: "body", field, message: t(message) }] };
}
