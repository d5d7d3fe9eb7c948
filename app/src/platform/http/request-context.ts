import { randomUUID } from "node:crypto";
import type { RequestHandler, Response } from "express";
import type { Translator } from "../i18n/translator.ts";
import type { Logger } from "../log/create-logger.ts";
import { signInRequired } from "../problems/problems.ts";
import type { Session } from "../sessions/session.ts";
import type { Visitor } from "../sessions/visitor.ts";
import { clientNetwork } from "./client-network.ts";
import { comesFromProxy } from "./trusted-proxies.ts";
import { traceFields, within } from "../tracing/spans.ts";
import { endRequestSpan, startRequestSpan } from "../tracing/trace-request.ts";

/** What belongs to one request. */
export interface RequestContext {
  /** Taken from a proxy's `X-Request-Id` if it is well formed, made here otherwise. */
  readonly requestId: string;
  readonly log: Logger;
  readonly visitor: Visitor;
  /** Words, dates and numbers in the visitor's language and the stack's time zone. */
  readonly words: Translator;
  /** Address of the client, as far as proxies are trusted. */
  readonly address: string;
  /** What limits count as one client. */
  readonly network: string;
  readonly userAgent: string;
  /** What the page before has done, from `?done=`. */
  readonly notice: string | undefined;
  /**
   * The session of a route that needs one.
   *
   * @throws sign-in-required
   */
  session(): Session;
}

type Early = Pick<RequestContext, "requestId" | "log">;

/** Made at first use: most requests say nothing of their own, and ask for no words. */
function lazily<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

const early = new WeakMap<Response, Early>();
const complete = new WeakMap<Response, RequestContext>();

/** What is known of a request before anybody asked who sent it. */
export function earlyContextOf(response: Response): Early {
  const context = early.get(response);
  if (!context) throw new Error("The request has no context: requestContext() must be the first middleware.");
  return context;
}

/** The context of the request that `response` answers, if it came far enough to have one. */
export function contextOf(response: Response): RequestContext | undefined {
  return complete.get(response);
}

/** Completes the context once visitor and language are known. */
export function completeContext(
  response: Response,
  visitor: Visitor,
  wordsFor: () => Translator,
): RequestContext {
  const known = earlyContextOf(response);
  const address = response.req.ip ?? "";
  const log = lazily(() =>
    visitor.session
      ? known.log.child({ userId: visitor.session.viewerId ?? visitor.session.person.id })
      : known.log,
  );
  const words = lazily(wordsFor);
  const context: RequestContext = {
    requestId: known.requestId,
    get log() {
      return log();
    },
    visitor,
    get words() {
      return words();
    },
    address,
    network: clientNetwork(address),
    userAgent: response.req.get("user-agent") ?? "",
    notice: typeof response.req.query["done"] === "string" ? response.req.query["done"] : undefined,
    session() {
      if (!visitor.session) throw signInRequired("This needs a session.");
      return visitor.session;
    },
  };
  complete.set(response, context);
  return context;
}

const wellFormedId = /^[\w-]{8,64}$/;

/**
 * Gives each request its id, its span and its logger, and writes one line when the response has
 * gone.
 */
export function requestContext(log: Logger): RequestHandler {
  // Its fields are those below and no secrets, so that nothing has to be looked for in them.
  const lines = log.child({}, { redact: [] });
  return (request, response, next) => {
    const trustProxy = comesFromProxy(request);
    const given = trustProxy ? request.get("x-request-id") : undefined;
    const requestId = given && wellFormedId.test(given) ? given : randomUUID();
    const quiet = request.path.startsWith("/health/") || request.path.startsWith("/assets/");
    const span = quiet ? undefined : startRequestSpan(request, trustProxy);
    const fields = { requestId, ...(span ? traceFields(span) : {}) };
    const own = lazily(() => log.child(fields));
    early.set(response, {
      requestId,
      get log() {
        return own();
      },
    });
    response.set("X-Request-Id", requestId);
    const started = performance.now();
    response.once("close", () => {
      if (span) endRequestSpan(span, request, response);
      lines[quiet ? "debug" : "info"](
        {
          ...fields,
          method: request.method,
          // Without its query: search terms and one-time links do not belong there.
          path: request.path,
          status: response.statusCode,
          milliseconds: Math.round((performance.now() - started) * 10) / 10,
          ...(response.writableFinished ? {} : { aborted: true }),
        },
        "request",
      );
    });
    if (span) within(span, next);
    else next();
  };
}
