import type { Router, Response } from "express";
import { parseRequest } from "./parse-request.ts";
import { contextOf } from "./request-context.ts";
import type { Reply, Route } from "./route.ts";

function send(response: Response, reply: Exclude<Reply, "sent">): void {
  response.status(reply.status);
  if (reply.headers) response.set(reply.headers);
  if ("json" in reply) response.json(reply.json);
  else if ("html" in reply) response.type("html").send(reply.html);
  else response.end();
}

/** Puts routes on a router: parse, handle, send. Two routes with one method and path are a mistake and refused. */
export function mountRoutes(router: Router, routes: readonly Route[]): void {
  const taken = new Set<string>();
  for (const route of routes) {
    const key = `${route.method.toUpperCase()} ${route.path}`;
    if (taken.has(key)) throw new Error(`Two routes are named ${key}: change one.`);
    taken.add(key);
    router[route.method](route.path, async (request, response) => {
      const parsed = parseRequest(route, request);
      const reply = await route.handle({ ...parsed, context: contextOf(response), request, response });
      if (reply !== "sent") send(response, reply);
    });
  }
}
