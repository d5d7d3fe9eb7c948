import type { ErrorRequestHandler, Request, Response } from "express";
import { html } from "./html.ts";
import type { Pages } from "./page.ts";
import { Problem } from "../problems/define-problem.ts";
import { isAborted, toProblem } from "../problems/to-problem.ts";
import { discardBody } from "../http/discard-body.ts";
import { secondFactorNeeded } from "../http/access.ts";
import { isRefusedValue } from "../problems/refused-value.ts";
import { contextOf, earlyContextOf } from "../http/request-context.ts";
import { problemTitle } from "./problem-title.ts";
import { keptFormView } from "./kept-form-view.ts";

/** People get pages, programs get problem details. */
function wantsPage(request: Request): boolean {
  return (
    !request.path.startsWith("/api/") &&
    !request.path.startsWith("/health/") &&
    request.accepts(["html", "json"]) !== "json"
  );
}

function sendPage(pages: Pages, problem: Problem, request: Request, response: Response): void {
  const context = contextOf(response);
  if (problem.status === 401 && request.method === "GET") {
    response.redirect(303, `/login?next=${encodeURIComponent(request.originalUrl)}`);
    return;
  }
  if (problem.code === secondFactorNeeded.code && request.method === "GET") {
    response.redirect(303, "/account/second-factor");
    return;
  }
  const again = context && keptFormView(request, response, context);
  const body = html`${again ?? html`<p>${problem.message}</p>`}
    <p class="quiet small">${earlyContextOf(response).requestId}</p>`;
  response
    .status(problem.status)
    .type("html")
    .send(pages.render(context, { title: problemTitle(problem, context?.words.locale ?? "en"), body }));
}

/**
 * Whether the client closed its connection before it was answered. Node breaks the request off with
 * an error of its own, a moment after the connection has ended and sometimes when the whole of it
 * had come already; any other error comes from the reader of the body.
 */
function hasLeft({ complete, errored, socket }: Request): boolean {
  return errored === null ? !complete && !socket.readable : isAborted(errored);
}

/**
 * The one error handler: turns whatever was thrown into a page or RFC 9457 problem details, and
 * logs our own faults.
 */
export function problemHandler(pages: Pages): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    const { log, requestId } = earlyContextOf(response);
    if (response.headersSent) {
      // The status is gone already; cutting the connection is the only honest sign that the body is
      // incomplete.
      log.warn({ err: error }, "response broke off");
      next(error);
      return;
    }
    if (!hasLeft(request)) await discardBody(request);
    if (hasLeft(request)) {
      log.info(
        `the client went away before its request had ${request.complete ? "been answered" : "come whole"}`,
      );
      return;
    }
    const problem = toProblem(error);
    if (problem.status >= 500) {
      log[problem.status === 503 ? "warn" : "error"]({ err: problem.cause ?? problem }, problem.message);
    } else if (isRefusedValue(problem.cause)) {
      // Postgres' own log leaves errors out, because they quote the value.
      log.info({ err: problem.cause }, problem.message);
    }
    // The rest of a body that is too much must not be taken for the next request.
    if (!request.complete) response.set("Connection", "close");
    response.status(problem.status).set(problem.headers).set("Cache-Control", "no-store");
    if (wantsPage(request)) {
      sendPage(pages, problem, request, response);
      return;
    }
    response.type("application/problem+json").send(
      JSON.stringify({
        type: `urn:problem:${problem.code}`,
        title: problem.title,
        status: problem.status,
        code: problem.code,
        detail: problem.message,
        instance: `urn:request:${requestId}`,
        ...(problem.errors ? { errors: problem.errors } : {}),
      }),
    );
  };
}
