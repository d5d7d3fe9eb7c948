import type { Request, RequestHandler, Response, Router } from "express";
import type { Translator } from "../i18n/translator.ts";
import { methodNotAllowed, notFound } from "../problems/problems.ts";
import type { Visitor } from "../sessions/visitor.ts";
import { completeContext } from "./request-context.ts";
import type { Route } from "./route.ts";

const allowed = new WeakMap<Response, Set<string>>();

/** Notes which methods the path of a request has, for requests that no route took. */
export function noteMethods(router: Router, routes: readonly Route[]): void {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  for (const [path, all] of byPath) {
    const methods = all.map(({ method }) => method.toUpperCase());
    const known = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
    router.all(path, (_request, response, next) => {
      const found = allowed.get(response) ?? new Set();
      for (const method of known) found.add(method);
      allowed.set(response, found);
      next();
    });
  }
}

/**
 * Answers what no route took: 405 with the methods that the path has, else 404, to people in their language.
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function unmatched(
  visitorOf: (request: Request, response: Response) => Promise<Visitor>,
  wordsFor: (accepted: readonly string[]) => Translator,
): RequestHandler {
  return async (request, response) => {
    const methods = allowed.get(response);
    if (methods !== undefined) {
      const headers = { Allow: [...methods].sort().join(", ") };
      if (request.method === "OPTIONS") {
        response.status(204).set(headers).end();
        return;
      }
      throw methodNotAllowed(`${request.path} takes ${headers.Allow}.`, { headers });
    }
    if (request.path.startsWith("/api/")) throw notFound(`There is no ${request.method} ${request.path}.`);
    const words = wordsFor(request.acceptsLanguages());
    completeContext(response, await visitorOf(request, response), words);
    throw notFound(words.t("pageMissing"));
  };
}
