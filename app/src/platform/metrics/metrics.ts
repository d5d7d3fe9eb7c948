import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { RequestHandler } from "express";

/** Counts and times of this process. */
export interface Metrics {
  readonly registry: Registry;
  /** Times every request. */
  readonly observe: RequestHandler;
}

/** Upper bounds in seconds: from a cached page to a slow import. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Milliseconds from one look at the event loop to the next. The lag's figures include them; each
 * look wakes the process up, and the library's 10 ms are a third of what a process takes that has
 * nothing to do.
 */
const loopPrecision = 50;

/** Makes the metrics of one process, in a registry of its own. */
export function createMetrics({ stack, release }: { stack: string; release: string }): Metrics {
  const registry = new Registry();
  // Named one by one: a whole config given as identity must never end up in labels.
  registry.setDefaultLabels({ stack, release });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopPrecision });
  const labelNames = ["method", "route", "status"] as const;
  const duration = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time until the last byte of the answer was handed to the system",
    labelNames,
    buckets,
    registers: [registry],
  });
  const aborted = new Counter({
    name: "http_requests_aborted_total",
    help: "Requests whose client went away before the answer was complete",
    labelNames: ["method", "route"] as const,
    registers: [registry],
  });
  const open = new Gauge({
    name: "http_requests_in_flight",
    help: "Requests being answered",
    registers: [registry],
  });
  return {
    registry,
    observe: (request, response, next) => {
      const started = performance.now();
      open.inc();
      response.once("close", () => {
        open.dec();
        // The route's pattern, never the address: addresses are without number.
        const route = (request.route as { path?: string } | undefined)?.path ?? "none";
        const { method } = request;
        duration.observe(
          { method, route, status: String(response.statusCode) },
          (performance.now() - started) / 1000,
        );
        if (!response.writableFinished) aborted.inc({ method, route });
      });
      next();
    },
  };
}
