import { isRefusedValue } from "./refused-value.ts";
import { Problem } from "./define-problem.ts";
import {
  internalError,
  invalidInput,
  malformedBody,
  notFound,
  tooLarge,
  unavailable,
  unsupportedMedia,
} from "./problems.ts";

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

const networkAway = /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EPIPE)$/;
/**
 * SQLSTATE: connection exceptions, shutdown, cannot connect now, too many connections, read only,
 * query cancelled.
 */
const databaseAway = /^(?:08...|57P0[1-5]|53300|25006|25P0[34]|57014)$/;

/**
 * Whole messages of the driver for a connection that ended or could not be had; it gives them no
 * code. Compared as a whole, because a message may hold user input.
 */
const driverAway = new Set([
  "Connection terminated",
  "Connection terminated unexpectedly",
  "Connection terminated due to connection timeout",
  "Client has encountered a connection error and is not queryable",
  "timeout expired",
  "timeout exceeded when trying to connect",
]);

/**
 * Node's error of a request whose client has left. It has the code that a lost connection to
 * Postgres has too.
 */
export function isAborted(error: unknown): boolean {
  return (
    error instanceof Error && error.message === "aborted" && "code" in error && error.code === "ECONNRESET"
  );
}

/** The driver's own message: knex puts the statement, with placeholders, in front of it. */
function withoutStatement(message: string): string {
  return message.slice(message.lastIndexOf(" - ") + (message.includes(" - ") ? 3 : 1));
}

/**
 * Postgres cannot be reached, is shutting down, is too slow, or has no connection to spare: worth
 * asking again.
 */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  return (
    networkAway.test(code) ||
    databaseAway.test(code) ||
    error.name === "KnexTimeoutError" ||
    (code === "" && driverAway.has(withoutStatement(error.message)))
  );
}

/** The problem that a client is told, whatever was thrown. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof URIError) return notFound("The address is not well formed.", { cause: error });
  if (isHttpError(error)) {
    if (error.status === 413) return tooLarge("The body is over the limit: send less.", { cause: error });
    if (error.status === 415) return unsupportedMedia(error.message, { cause: error });
    if (error.type?.startsWith("entity."))
      return malformedBody("The body is not valid JSON.", { cause: error });
    return invalidInput(error.message, { cause: error });
  }
  if (isAborted(error))
    return malformedBody("The request broke off before it had come whole.", { cause: error });
  if (isDatabaseAway(error)) {
    const headers = { "Retry-After": "5" };
    return unavailable("The database cannot be reached. Try again in a moment.", { cause: error, headers });
  }
  // A value that passed our checks and yet does not fit its column, such as a NUL in a text.
  if (isRefusedValue(error))
    return invalidInput("A value does not fit where it is to be stored.", { cause: error });
  return internalError("The fault is logged under the request id.", { cause: error });
}
