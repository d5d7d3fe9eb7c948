/** One field that was refused. */
export interface FieldProblem {
  readonly in: "body" | "query" | "path" | "header";
  /** Dotted path, empty for the whole of `in`. */
  readonly field: string;
  readonly message: string;
}

interface ProblemOptions {
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error that a client may read. Everything else becomes a plain 500. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, title: string, detail: string, options: ProblemOptions) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.title = title;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** A kind of problem: call it with what happened and what to do. */
export type ProblemKind = ((detail: string, options?: ProblemOptions) => Problem) & {
  readonly status: number;
  readonly code: string;
  readonly title: string;
};

/**
 * Defines a kind of problem once; its code, status and title never change, its detail says what
 * happened here.
 *
 * @example const outOfStock = defineProblem(409, "out-of-stock", "Not enough in stock"); throw
 * outOfStock("3 left, 5 asked for: ask for fewer.");
 */
export function defineProblem(status: number, code: string, title: string): ProblemKind {
  const kind = (detail: string, options: ProblemOptions = {}) =>
    new Problem(status, code, title, detail, options);
  return Object.assign(kind, { status, code, title });
}
