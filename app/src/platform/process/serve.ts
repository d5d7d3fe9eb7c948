import type { App, AppDeps } from "../../app.ts";
import { listMigrations } from "../database/migration-source.ts";
import { loadAssets } from "../html/assets.ts";
import { listen } from "../http/listen.ts";
import { workWhenReady } from "../jobs/work-when-ready.ts";
import { reportToPrimary } from "../metrics/cluster-metrics.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { serveMetrics } from "../metrics/metrics-server.ts";
import { migrationFolders } from "../modules/discover-modules.ts";
import type { Platform } from "../open-platform.ts";
import { prepareDrain } from "./drain.ts";
import { isPrimary } from "./run-cluster.ts";
import { watchSignals } from "./stop-signals.ts";

/**
 * Serves the app on an open platform until SIGTERM or SIGINT, then lets requests and jobs end and
 * exits with 0.
 */
export async function serve(platform: Platform, createApp: (deps: AppDeps) => App): Promise<void> {
  const { config, log } = platform;
  // Before this process listens: a program that sees it listen may tell it to stop.
  const { stop, received } = watchSignals();
  const metrics = createMetrics(config);
  const app = createApp({
    ...platform,
    metrics,
    assets: await loadAssets(),
    migrations: await listMigrations(await migrationFolders()),
    isDraining: () => stop.aborted,
  });
  const { server, port } = await listen(app.handler, config.host, config.port);
  const drain = prepareDrain(server);
  if (isPrimary) await serveMetrics(metrics.registry, config.host, config.metricsPort, log);
  const farewell = isPrimary ? undefined : reportToPrimary(metrics);
  log.info({ host: config.host, port }, "listening");
  void app.storageProblem();
  const working = config.inlineJobs ? workWhenReady(platform.queue, platform.jobs, log, stop) : undefined;

  const signal = await received;
  log.info({ signal, seconds: config.drainTimeout }, "draining");
  const started = performance.now();
  const clean = await drain(config.drainTimeout);
  if (!clean) log.warn("open requests were cut off: DRAIN_TIMEOUT has passed");
  await working;
  await platform.close(Math.max(1, config.drainTimeout - (performance.now() - started) / 1000));
  await farewell?.();
  log.info("stopped");
  process.exit(0);
}
