import { isRefusedValue } from "../problems/refused-value.ts";

/**
 * What an error may tell beside its message: codes and names. All else a driver adds stays out,
 * because it holds what was being stored: Postgres' `detail` is `Failing row contains (…)`, its
 * `where` and `internalQuery` quote values.
 * https://www.postgresql.org/docs/17/protocol-error-fields.html
 */
const told = [
  "code",
  "severity",
  "schema",
  "table",
  "column",
  "constraint",
  "routine",
  "errno",
  "syscall",
  "address",
  "port",
  "status",
  "responseCode",
] as const;

/** Causes that are followed, and failures of several that are named. */
const mostCauses = 5;

/**
 * The message without the value: SQLSTATE class 22, data exceptions, has it behind a colon or
 * between quotation marks.
 */
function wordsOf(error: Error): string {
  const { message } = error;
  return isRefusedValue(error) ? message.replace(/: [^]*$/, "").replace(/"[^]*"/, '"…"') : message;
}

/**
 * An error for the log: kind, words, stack, codes, and its causes the same way; never the rows and
 * values it was about.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const message = wordsOf(error);
  const codes = told.flatMap((name) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[name];
    return typeof value === "string" || typeof value === "number" ? [[name, value] as const] : [];
  });
  const follow = depth < mostCauses;
  return {
    type: error.name === "Error" || error.name === "error" ? error.constructor.name : error.name,
    message,
    stack: error.stack?.replace(error.message, () => message),
    ...Object.fromEntries(codes),
    ...(follow && error.cause !== undefined ? { cause: describeError(error.cause, depth + 1) } : {}),
    ...(follow && error instanceof AggregateError
      ? { errors: error.errors.slice(0, mostCauses).map((one) => describeError(one, depth + 1)) }
      : {}),
  };
}
