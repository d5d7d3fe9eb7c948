import { loadConfig } from "./config.ts";
import { workWhenReady } from "./platform/jobs/work-when-ready.ts";
import { createMetrics } from "./platform/metrics/metrics.ts";
import { serveMetrics } from "./platform/metrics/metrics-server.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { reportFatal } from "./platform/process/report-fatal.ts";

/** Works off jobs until SIGTERM or SIGINT; what is unfinished then goes back to the queue. */
try {
  const config = loadConfig();
  const platform = await openPlatform(config, "worker");
  const { log } = platform;
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => {
      log.info({ signal, seconds: config.drainTimeout }, "draining");
      stop.abort();
    });
  }
  await serveMetrics(createMetrics(config).registry, config.host, config.metricsPort, log);
  await workWhenReady(platform.queue, platform.jobs, log, stop.signal);
  await new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener("abort", () => {
      resolve();
    });
  });
  await platform.close(config.drainTimeout);
  log.info("stopped");
  process.exit(0);
} catch (error) {
  reportFatal(error);
}
