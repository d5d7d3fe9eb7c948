import { loadConfig } from "./config.ts";
import { workWhenReady } from "./platform/jobs/work-when-ready.ts";
import { createMetrics } from "./platform/metrics/metrics.ts";
import { serveMetrics } from "./platform/metrics/metrics-server.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { reportFatal } from "./platform/process/report-fatal.ts";
import { endOnSignal, watchSignals } from "./platform/process/stop-signals.ts";

/** Works off jobs until SIGTERM or SIGINT; unfinished jobs then go back to the queue. */
try {
  const config = loadConfig();
  const takeOver = endOnSignal();
  const platform = await openPlatform(config, "worker");
  takeOver();
  const { stop, received } = watchSignals();
  const { log } = platform;
  await serveMetrics(createMetrics(config).registry, config.host, config.metricsPort, log);
  await workWhenReady(platform.queue, platform.jobs, log, stop);
  const signal = await received;
  log.info({ signal, seconds: config.drainTimeout }, "draining");
  await platform.close(config.drainTimeout);
  log.info("stopped");
  process.exit(0);
} catch (error) {
  reportFatal(error);
}
