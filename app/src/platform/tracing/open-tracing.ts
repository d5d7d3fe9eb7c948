import type { Config } from "../../config.ts";
import type { Logger } from "../log/create-logger.ts";
import type { Tracing } from "./spans.ts";

/**
 * Sends spans to OTEL_EXPORTER_OTLP_ENDPOINT. Without it nothing is loaded, and every span of the
 * app is a no-op.
 *
 * @param role part of the service's name: web, worker, script
 */
export async function openTracing(config: Config, role: string, log: Logger): Promise<Tracing> {
  if (!config.traces) return { close: () => Promise.resolve() };
  const { startExport } = await import("./start-export.ts");
  return startExport({ ...config.traces, stack: config.stack, release: config.release, role }, log);
}
