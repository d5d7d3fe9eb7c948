import type { Request, RequestHandler, Response } from "express";
import type { Translator } from "../i18n/translator.ts";
import { methodNotAllowed, notFound } from "../problems/problems.ts";
import type { Visitor } from "../sessions/visitor.ts";
import { completeContext } from "./request-context.ts";
import type { Route } from "./route.ts";

/**
 * Answers what no route of a path takes: OPTIONS with the methods that the path has, else 405 with
 * them.
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function otherMethods(routes: readonly Route[]): RequestHandler {
  const methods = new Set([...routes.map(({ method }) => method.toUpperCase()), "OPTIONS"]);
  if (methods.has("GET")) methods.add("HEAD");
  const headers = { Allow: [...methods].sort().join(", ") };
  return (request, response) => {
    if (request.method !== "OPTIONS")
      throw methodNotAllowed(`${request.path} takes ${headers.Allow}.`, { headers });
    response.status(204).set(headers).end();
  };
}

/** Answers what no path takes: 404, to people in their language. */
export function unmatched(
  visitorOf: (request: Request, response: Response) => Promise<Visitor>,
  wordsFor: (accepted: readonly string[]) => Translator,
): RequestHandler {
  return async (request, response) => {
    if (request.path.startsWith("/api/")) throw notFound(`There is no ${request.method} ${request.path}.`);
    const words = wordsFor(request.acceptsLanguages());
    completeContext(response, await visitorOf(request, response), () => words);
    throw notFound(words.t("pageMissing"));
  };
}
