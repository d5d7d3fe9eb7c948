import { z } from "zod";
import type { Answer } from "../http/route.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { emailField } from "./account-schemas.ts";

/**
 * Forms are parsed leniently and judged by the service, so that a page can show every problem in
 * its place.
 */
export const text = z.string().max(2000).default("");

/** An e-mail address as people type it. */
export const typedEmail = z.string().trim().pipe(emailField);

const pageAnswer: Answer = { description: "A page", contentType: "text/html" };
export const pageAnswers = {
  200: pageAnswer,
  303: { description: "On to the next page" },
  400: pageAnswer,
} as const;

/** What the API's schemas refuse, for a page's form. */
export function wrong(
  fields: Readonly<Record<string, z.ZodType>>,
  values: Readonly<Record<string, string>>,
): FieldProblem[] {
  return Object.entries(fields).flatMap(([field, schema]) => {
    const [issue] = schema.safeParse(values[field]).error?.issues ?? [];
    return issue ? [{ in: "body" as const, field, message: issue.message }] : [];
  });
}
