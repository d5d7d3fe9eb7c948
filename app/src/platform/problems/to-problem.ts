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

const networkAway = /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)$/;
/** SQLSTATE: connection exceptions, shutdown, cannot connect now, too many connections, read only, query cancelled. */
const databaseAway = /^(?:08...|57P0[1-3]|53300|25006|57014)$/;

/** Postgres cannot be reached, is shutting down, is too slow, or has no connection to spare: worth asking again. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    networkAway.test(code) ||
    databaseAway.test(code) ||
    error.name === "KnexTimeoutError" ||
    /Connection terminated|Client has encountered a connection error|timeout expired/.test(error.message)
  );
}

/** SQLSTATE class 22: a value that passed our checks and yet does not fit its column, such as a NUL in a text. */
function isDataException(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^22...$/.test(String(error.code));
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
  if (isDatabaseAway(error)) {
    const headers = { "Retry-After": "5" };
    return unavailable("The database cannot be reached. Try again in a moment.", { cause: error, headers });
  }
  if (isDataException(error))
    return invalidInput("A value does not fit where it is to be stored.", { cause: error });
  return internalError("The fault is logged under the request id.", { cause: error });
}
