import type { MessageKey } from "../i18n/translator.ts";
import { columnOf, type Resource } from "./resource.ts";

/**
 * What a statement did that the database does not allow: about which field, and what people are
 * told.
 */
export interface Violation {
  /** Empty when it cannot be told. */
  readonly field: string;
  readonly message: Extract<MessageKey, "taken" | "stillReferenced" | "refersToNothing" | "doesNotFit">;
}

interface PostgresError {
  readonly code: string;
  readonly detail?: string;
  readonly constraint?: string;
  readonly column?: string;
}

function isPostgresError(error: unknown): error is PostgresError & Error {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

const uniqueViolation = "23505";
const foreignKeyViolation = "23503";

/**
 * The violation behind an error; `undefined` when it is not about values. SQLSTATE class 22 is
 * about values that do not fit their type, class 23 about constraints. The driver's own text is
 * never shown: it holds SQL and values.
 */
export function violationOf(error: unknown, resource: Resource): Violation | undefined {
  if (!isPostgresError(error) || !/^2[23]...$/.test(error.code)) return undefined;
  const key = /^Key \(([^=]*)\)=/.exec(error.detail ?? "")?.[1] ?? "";
  const about = `${error.constraint ?? ""} ${error.column ?? ""} ${key}`;
  const field =
    Object.keys(resource.fields).find((name) =>
      new RegExp(`\\b${columnOf(name)}\\b|_${columnOf(name)}_`).test(about),
    ) ?? "";
  if (error.code === uniqueViolation) return { field, message: "taken" };
  if (error.code !== foreignKeyViolation) return { field, message: "doesNotFit" };
  return {
    field,
    message: error.detail?.includes("still referenced") ? "stillReferenced" : "refersToNothing",
  };
}
