import { randomUUID } from "node:crypto";
import type { RequestHandler, Response } from "express";
import type { Logger } from "../log/create-logger.ts";

/** What belongs to one request. */
export interface RequestContext {
  /** Taken from a proxy's `X-Request-Id` where it is well formed, made here otherwise. */
  readonly requestId: string;
  readonly log: Logger;
}

const contexts = new WeakMap<Response, RequestContext>();

/** The context of the request that `response` answers. */
export function contextOf(response: Response): RequestContext {
  const context = contexts.get(response);
  if (!context) throw new Error("The request has no context: requestContext() must be the first middleware.");
  return context;
}

const wellFormedId = /^[\w-]{8,64}$/;

/** Gives each request its id and logger, and writes one line when the response has gone. */
export function requestContext(log: Logger, trustProxy: boolean): RequestHandler {
  return (request, response, next) => {
    const given = trustProxy ? request.get("x-request-id") : undefined;
    const requestId = given && wellFormedId.test(given) ? given : randomUUID();
    const context: RequestContext = { requestId, log: log.child({ requestId }) };
    contexts.set(response, context);
    response.set("X-Request-Id", requestId);
    const started = performance.now();
    response.once("close", () => {
      const quiet = request.path.startsWith("/health/");
      context.log[quiet ? "debug" : "info"](
        {
          method: request.method,
          // Without its query: search terms and one-time links are nobody's business.
          path: request.path,
          status: response.statusCode,
          milliseconds: Math.round((performance.now() - started) * 10) / 10,
          ...(response.writableFinished ? {} : { aborted: true }),
        },
        "request",
      );
    });
    next();
  };
}
