import { hostname } from "node:os";
import { context, diag, DiagLogLevel, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "../log/create-logger.ts";
import type { Tracing } from "./spans.ts";

interface ExportOptions {
  /** Base address of a collector that takes OTLP over HTTP. */
  readonly endpoint: string;
  /**
   * Share of traces that are kept, 0 to 1; a caller with a trace of its own has decided already.
   */
  readonly share: number;
  readonly stack: string;
  readonly release: string;
  readonly role: string;
}

/** Milliseconds that a batch may take, and that closing waits for the last one. */
const exportTimeout = 5000;
/**
 * Milliseconds that a span waits for others to be sent with; what a process that is killed loses.
 */
const batchDelay = 1000;
/** Milliseconds between two complaints about a collector that is away. */
const complainEvery = 60_000;

/** Registers the SDK for the whole process. Once. */
export function startExport(options: ExportOptions, log: Logger): Tracing {
  let silentUntil = 0;
  const complain = (message: string) => {
    if (Date.now() < silentUntil) return;
    silentUntil = Date.now() + complainEvery;
    log.warn({ reason: message }, "traces are not delivered; check OTEL_EXPORTER_OTLP_ENDPOINT");
  };
  const quiet = () => undefined;
  diag.setLogger(
    { error: complain, warn: complain, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({
    url: `${options.endpoint}/v1/traces`,
    timeoutMillis: exportTimeout,
  });
  const provider = new TracerProvider({
    // https://opentelemetry.io/docs/specs/semconv/resource/
    resource: resourceFromAttributes({
      "service.name": `${options.stack}-${options.role}`,
      "service.version": options.release,
      "deployment.environment.name": options.stack,
      "service.instance.id": `${hostname()}-${process.pid}`,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.share) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        exportTimeoutMillis: exportTimeout,
        scheduledDelayMillis: batchDelay,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    close: async () => {
      await provider.shutdown().catch((error: unknown) => {
        complain(String(error));
      });
    },
  };
}
