import type { ErrorRequestHandler } from "express";
import { Problem } from "../problems/define-problem.ts";
import {
  internalError,
  invalidInput,
  malformedBody,
  tooLarge,
  unavailable,
  unsupportedMedia,
} from "../problems/problems.ts";
import { contextOf } from "./request-context.ts";

/** What Express and its body parsers throw: errors with a status and a type. */
interface HttpError {
  readonly status: number;
  readonly type?: string;
}

function isHttpError(error: unknown): error is HttpError & Error {
  return (
    error instanceof Error && "status" in error && typeof error.status === "number" && error.status < 500
  );
}

/** Postgres cannot be reached, is shutting down, or has no connection to spare: worth asking again. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)$/.test(code) ||
    /^(?:08...|57P0[1-3]|53300)$/.test(code) ||
    error.name === "KnexTimeoutError" ||
    /Connection terminated|Client has encountered a connection error/.test(error.message)
  );
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isHttpError(error)) {
    if (error.status === 413) return tooLarge("The body is over the limit: send less.", { cause: error });
    if (error.status === 415) return unsupportedMedia(error.message, { cause: error });
    if (error.type?.startsWith("entity."))
      return malformedBody("The body is not valid JSON.", { cause: error });
    return invalidInput(error.message, { cause: error });
  }
  if (isDatabaseAway(error)) {
    return unavailable("The database cannot be reached. Try again in a moment.", {
      cause: error,
      headers: { "Retry-After": "5" },
    });
  }
  return internalError("The fault is logged under the request id.", { cause: error });
}

/** The one error handler: turns whatever was thrown into RFC 9457 problem details and logs what is ours to fix. */
export const problemHandler: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const context = contextOf(response);
  if (response.headersSent) {
    // The status is gone already; cutting the connection is the only honest sign that the body is incomplete.
    context.log.warn({ err: error }, "response broke off");
    next(error);
    return;
  }
  const problem = toProblem(error);
  if (problem.status >= 500) {
    context.log[problem.status === 503 ? "warn" : "error"](
      { err: problem.cause ?? problem },
      problem.message,
    );
  }
  response.status(problem.status).set(problem.headers).set("Cache-Control", "no-store");
  response.type("application/problem+json").send(
    JSON.stringify({
      type: `urn:problem:${problem.code}`,
      title: problem.title,
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      instance: `urn:request:${context.requestId}`,
      ...(problem.errors ? { errors: problem.errors } : {}),
    }),
  );
};
