import type { NextFunction, Request, Response, Router } from "express";
import type { RowLookup } from "../sessions/session-store.ts";
import type { Visitor } from "../sessions/visitor.ts";
import type { Translator } from "../i18n/translator.ts";
import { omit } from "../omit.ts";
import {
  accessProblem,
  requireAccess,
  requireOwnEyes,
  requireSecondFactor,
  type SecondFactorPolicy,
} from "./access.ts";
import { formTokenField, requireFormToken } from "./form-token.ts";
import type { Idempotency } from "./idempotency.ts";
import { isSafe, type OwnAddresses } from "./own-addresses.ts";
import { keepForm } from "./kept-form.ts";
import { parseRequest } from "./parse-request.ts";
import { readBody } from "./read-body.ts";
import { completeContext, type RequestContext } from "./request-context.ts";
import type { Reply, Route } from "./route.ts";
import { createRouteTable } from "./route-table.ts";
import { otherMethods } from "./unmatched.ts";

/** What every route passes through. */
export interface Gate {
  readonly visitorOf: (request: Request, response: Response, lookup?: RowLookup) => Promise<Visitor>;
  readonly wordsFor: (accepted: readonly string[]) => Translator;
  readonly ownAddresses: OwnAddresses;
  readonly secondFactor: SecondFactorPolicy;
  /** Refuses callers that ask too often. */
  readonly limit: (route: Route, context: RequestContext) => Promise<void>;
  readonly idempotency: Idempotency;
}

/** Header of an API call that brings the visitor's token back. */
const tokenHeader = "x-csrf-token";
const jsonType = "application/json; charset=utf-8";

/** As Express does, in one step; what depends on the request's conditions is left to it. */
function sendJson(response: Response, body: unknown): void {
  const { req: request } = response;
  if ("if-none-match" in request.headers || "if-modified-since" in request.headers || body === undefined) {
    response.json(body);
    return;
  }
  const text = JSON.stringify(body);
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", jsonType);
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(text);
}

function send(response: Response, reply: Exclude<Reply, "sent">): void {
  response.status(reply.status);
  if ("json" in reply || "html" in reply) response.set("Cache-Control", "no-store");
  if (reply.headers) response.set(reply.headers);
  if ("json" in reply) sendJson(response, reply.json);
  else if ("html" in reply) response.type("html").send(reply.html);
  else response.end();
}

function fieldOf(body: unknown, name: string): string | undefined {
  if (typeof body !== "object" || body === null || !(name in body)) return undefined;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

/**
 * A page's forms always need the token; an API call needs it as soon as a session could be misused.
 */
function requireToken(route: Route, visitor: Visitor, request: Request): void {
  if (isSafe(request.method) || (route.kind !== "page" && !visitor.session)) return;
  const given = request.get(tokenHeader) ?? fieldOf(request.body, formTokenField);
  // A form whose body is streamed checks its token itself, before it reads a file.
  if (route.kind === "page" && route.form !== undefined) return;
  requireFormToken(visitor, given);
}

function withoutToken(request: Request): void {
  if (typeof request.body === "object" && request.body !== null) {
    request.body = omit(request.body, formTokenField);
  }
}

async function readFormToKeep(route: Route, request: Request, response: Response): Promise<void> {
  if (route.keepsForm !== true) return;
  await readBody(route, request, response);
  keepForm(request, response);
}

/** What is looked up with the session; nothing where the address names no row that could be. */
function lookupOf({ row, params }: Route, request: Request): RowLookup | undefined {
  const parsed = row === undefined ? undefined : params?.safeParse(request.params);
  return row === undefined || parsed?.success !== true
    ? undefined
    : { text: row, key: (parsed.data as { readonly id?: unknown }).id };
}

async function answer(gate: Gate, route: Route, request: Request, response: Response): Promise<void> {
  const visitor = await gate.visitorOf(request, response, lookupOf(route, request));
  const context = completeContext(response, visitor, () => gate.wordsFor(request.acceptsLanguages()));
  gate.ownAddresses.refuseForeignOrigin(request);
  await gate.limit(route, context);
  try {
    requireAccess(route.access, visitor.session?.person);
  } catch (error) {
    // A session that is over: its form is given back. A person with a session but without the right
    // gets only the refusal.
    if (visitor.session === undefined && !request.errored) await readFormToKeep(route, request, response);
    throw error;
  }
  requireOwnEyes(route, visitor.session);
  requireSecondFactor(gate.secondFactor, route, visitor.session?.person);
  // A body that has broken off sends nothing more, not even its end.
  if (request.errored) throw request.errored;
  await readBody(route, request, response);
  try {
    requireToken(route, visitor, request);
  } catch (error) {
    if (route.keepsForm === true) keepForm(request, response);
    throw error;
  }
  withoutToken(request);
  const { row } = visitor;
  const handle = async () =>
    route.handle({ ...parseRequest(route, request), context, row, request, response });
  const repeatable =
    route.idempotent ?? (route.method === "post" && route.kind !== "page" && route.body !== undefined);
  const reply = repeatable
    ? await gate.idempotency(request, context, route.brief === true, handle)
    : await handle();
  if (reply !== "sent") send(response, reply);
}

/**
 * Sorts the path that says more before the one that has a parameter there: `export` before `:id`.
 */
function bySpecificity([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  const key = (path: string) => path.replaceAll(/:\w+/g, "~");
  return key(one) < key(other) ? -1 : 1;
}

/**
 * Puts routes on a router. Each call passes: who is it, same origin, rate limit, right, body,
 * token, schemas, handler. An address belongs to one path, the one that says most; a method that it
 * lacks is not looked for in another. Two routes with one method and path are a mistake and
 * refused, and so is an access of an earlier release.
 */
export function mountRoutes(router: Router, routes: readonly Route[], gate: Gate): void {
  const wrong = routes.flatMap(({ method, path, access }) => {
    const problem = accessProblem(access);
    return problem === undefined ? [] : `${method.toUpperCase()} ${path}: ${problem}.`;
  });
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  const byPath = Map.groupBy(routes, ({ path }) => path);
  const find = createRouteTable(byPath);
  // Most requests end here; the paths below are for what the table leaves to Express.
  router.use((request: Request, response: Response, next: NextFunction) => {
    const match = find(request.path);
    const method = request.method.toLowerCase();
    const route = match?.target.find((one) => one.method === method);
    if (!match || !route) {
      next();
      return;
    }
    request.route = { path: match.path };
    request.params = { ...match.params };
    answer(gate, route, request, response).catch(next);
  });
  for (const [path, all] of [...byPath].sort(bySpecificity)) {
    const taken = new Set<string>();
    for (const route of all) {
      const key = `${route.method.toUpperCase()} ${path}`;
      if (taken.has(key)) throw new Error(`Two routes are named ${key}: change one.`);
      taken.add(key);
      router[route.method](path, (request, response) => answer(gate, route, request, response));
    }
    router.all(path, otherMethods(all));
  }
}
