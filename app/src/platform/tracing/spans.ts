import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

/** Where spans go. */
export interface Tracing {
  /** Sends what is left, for at most 5 s. */
  close(): Promise<void>;
}

const tracer = trace.getTracer("berth-app");

/** Fields of a log line that lead to the span's trace; none while nothing is traced. */
export function traceFields(span: Span): { traceId?: string; spanId?: string } {
  const found = span.spanContext();
  return isSpanContextValid(found) ? { traceId: found.traceId, spanId: found.spanId } : {};
}

/** Starts a span. @param parent defaults to what is under way here */
export function startSpan(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  parent: Context = context.active(),
): Span {
  return tracer.startSpan(name, { kind, attributes }, parent);
}

/** Runs `work` inside a span; spans that it starts are part of it. */
export function within<Result>(span: Span, work: () => Result): Result {
  return context.with(trace.setSpan(context.active(), span), work);
}

/**
 * Ends a span as failed. The message is the error's name or code only: its text may hold what
 * people typed.
 */
export function endFailed(span: Span, error: unknown): void {
  const named = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error && "code" in error ? String(error.code) : named;
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute("error.type", message);
  span.end();
}

/** Runs `work` as one span. */
export async function traced<Result>(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: () => Promise<Result>,
  parent?: Context,
): Promise<Result> {
  const span = startSpan(name, kind, attributes, parent);
  try {
    const result = await within(span, work);
    span.end();
    return result;
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}

/** Whether something is traced here: what runs by itself, such as polling, is not. */
export function isTraced(): boolean {
  return trace.getActiveSpan() !== undefined;
}

/**
 * What another process needs to go on with this trace, as W3C's header `traceparent`; nothing while
 * nothing is traced.
 */
export function traceParent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier["traceparent"];
}

/** The context of a trace that began elsewhere. */
export function contextFrom(parent: string | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent: parent });
}
