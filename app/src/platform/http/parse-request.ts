import type { Request } from "express";
import type { z } from "zod";
import { issueMessage } from "../i18n/issue-message.ts";
import { english } from "../i18n/translator.ts";
import type { FieldProblem } from "../problems/define-problem.ts";
import { invalidInput } from "../problems/problems.ts";
import type { Route } from "./route.ts";

interface Parsed {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Parses path, query and body with the route's schemas.
 *
 * @throws invalid-input with every field that is wrong, wherever it stands.
 */
export function parseRequest(route: Route, request: Request): Parsed {
  const errors: FieldProblem[] = [];
  const parse = (place: FieldProblem["in"], schema: z.ZodType | undefined, value: unknown): unknown => {
    if (!schema) return undefined;
    const result = schema.safeParse(value, { error: issueMessage(english) });
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      errors.push({ in: place, field: issue.path.map(String).join("."), message: issue.message });
    }
    return undefined;
  };
  const parsed: Parsed = {
    params: parse("path", route.params, request.params),
    query: parse("query", route.query, request.query),
    body: parse("body", route.body, request.body),
  };
  if (errors.length > 0) {
    const fields = errors.map(({ in: place, field }) => (field === "" ? place : field)).join(", ");
    throw invalidInput(`Correct these and send again: ${fields}.`, { errors });
  }
  return parsed;
}
