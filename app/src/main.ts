import { createApp } from "./app.ts";
import { type Config, loadConfig } from "./config.ts";
import { serve } from "./platform/process/serve.ts";
import { createLogger } from "./platform/log/create-logger.ts";
import { clusterMetrics } from "./platform/metrics/cluster-metrics.ts";
import { serveMetrics } from "./platform/metrics/metrics-server.ts";
import { openPlatform } from "./platform/open-platform.ts";
import { reportFatal } from "./platform/process/report-fatal.ts";
import { isPrimary, runCluster } from "./platform/process/run-cluster.ts";
import { endOnSignal } from "./platform/process/stop-signals.ts";

/** Forks the web processes and sums up their metrics. */
async function supervise(config: Config): Promise<number> {
  const log = createLogger({ level: config.logLevel, stack: config.stack, release: config.release });
  const metrics = await serveMetrics(clusterMetrics(), config.host, config.metricsPort, log);
  const code = await runCluster(config.workers, log);
  metrics.close();
  return code;
}

try {
  const config = loadConfig();
  if (config.workers > 1 && isPrimary) process.exitCode = await supervise(config);
  else {
    const takeOver = endOnSignal();
    const platform = await openPlatform(config, "web");
    takeOver();
    await serve(platform, createApp);
  }
} catch (error) {
  reportFatal(error);
}
