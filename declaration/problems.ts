import type { z } from "zod";
import { nearest } from "../stacks/nearest.ts";
import { declarationSchema } from "./schema.ts";

/** A declaration that cannot be used. `problems` holds a line each, with the key and the fix. */
export class DeclarationError extends Error {
  readonly problems: readonly string[];
  /** @param file its path, for the message */
  constructor(file: string, problems: readonly string[]) {
    super(
      `The application's declaration cannot be used; nothing was changed.\n${problems.map((p) => `  - ${file}: ${p}`).join("\n")}`,
    );
    this.name = "DeclarationError";
    this.problems = problems;
  }
}

/**
 * What is wrong with a declaration's keys and values, all of it.
 * @param given what the file holds
 */
export function schemaProblems(given: unknown): string[] {
  const { error } = declarationSchema.safeParse(given);
  return (error?.issues ?? []).flatMap((issue) => problemsOf(issue));
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const meant = nearest(key, keysAt(issue.path));
      const full = place === "" ? key : `${place}.${key}`;
      return `${full}: there is no such key${meant === undefined ? "" : `; did you mean ${meant}?`} Fix: remove it`;
    });
  }
  const [first = ""] = issue.path.map(String);
  const about = first === "" ? "" : `: ${descriptionOf(first)}`;
  return [`${place || "it"}: expected ${expectation(issue)}. Fix: correct ${place || "the file"}${about}`];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union") return "a text, or a list of words";
  if (issue.code === "invalid_type") return issue.message.replace(/^Invalid input: expected /, "");
  return issue.message.replace(/^Invalid input: expected /, "");
}

/** Unwraps what a default or an option hides. */
function inner(field: unknown): unknown {
  const wrapped = (field as { unwrap?: () => unknown } | undefined)?.unwrap;
  return wrapped === undefined ? field : inner(wrapped.call(field));
}

/** The keys that an object of the schema takes. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = declarationSchema;
  for (const key of path) {
    const here = inner(at) as { shape?: Record<string, unknown>; element?: unknown };
    at = here.shape === undefined ? here.element : here.shape[String(key)];
  }
  const { shape } = (inner(at) ?? {}) as { shape?: Record<string, unknown> };
  return Object.keys(shape ?? {});
}

function descriptionOf(key: string): string {
  const { shape } = declarationSchema;
  return Object.hasOwn(shape, key) ? (shape[key as keyof typeof shape].description ?? "") : "";
}
