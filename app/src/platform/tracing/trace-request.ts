import { type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Request, Response } from "express";
import { contextFrom, startSpan } from "./spans.ts";

/**
 * Starts the span of a request. https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 *
 * @param trustProxy whether a caller may say which trace the request belongs to
 */
export function startRequestSpan(request: Request, trustProxy: boolean): Span {
  const parent = trustProxy ? request.get("traceparent") : undefined;
  return startSpan(
    request.method,
    SpanKind.SERVER,
    // Without its query: search terms and one-time links do not belong there.
    { "http.request.method": request.method, "url.path": request.path, "url.scheme": request.protocol },
    contextFrom(parent),
  );
}

/** Ends the span of a request once its response has gone. */
export function endRequestSpan(span: Span, request: Request, response: Response): void {
  const route = (request.route as { path?: string } | undefined)?.path;
  if (route !== undefined) span.updateName(`${request.method} ${route}`).setAttribute("http.route", route);
  span.setAttribute("http.response.status_code", response.statusCode);
  if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
