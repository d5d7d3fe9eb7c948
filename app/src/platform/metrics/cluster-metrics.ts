import cluster, { type Worker } from "node:cluster";
import { Registry } from "@prometheus-io/client";
import type { Metrics } from "./metrics.ts";
import type { MetricsSource } from "./metrics-server.ts";

/** Milliseconds that a scrape waits for one process; its last known values stand in for it then. */
const patience = 2000;

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/** A metric as one process reports it. */
interface Reported {
  readonly name: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values: readonly Sample[];
}

interface Report {
  readonly berthMetrics: readonly Reported[];
}

const question = { berthMetrics: "please" } as const;

function isReport(message: unknown): message is Report {
  return (
    typeof message === "object" &&
    message !== null &&
    "berthMetrics" in message &&
    Array.isArray(message.berthMetrics)
  );
}

/**
 * What may be put together with other processes' values: a quantile of several cannot be computed,
 * least of all by a sum.
 */
function combinable(metric: Reported): Reported {
  if (metric.type === "summary")
    return { ...metric, values: metric.values.filter(({ labels }) => !("quantile" in labels)) };
  return /_p\d+_/.test(metric.name) ? { ...metric, aggregator: "max" } : metric;
}

/** Values that outlive their process; a process's own, such as memory, end with it. */
function lasting(metrics: readonly Reported[]): readonly Reported[] {
  return metrics.filter(({ type }) => type !== "gauge");
}

async function total(reports: readonly (readonly Reported[])[]): Promise<readonly Reported[]> {
  const registry = Registry.aggregate(reports.map((report) => [...report]));
  return (await registry.getMetricsAsJSON()) as unknown as readonly Reported[];
}

/**
 * The metrics of the web processes as one; runs in the process that forked them. Counts of a
 * process that has ended stay in the sum, however it ended, so counters never fall. Quantiles of
 * summaries are left out; of the loop's lag the worst process is shown.
 */
export function clusterMetrics(): MetricsSource {
  const latest = new Map<number, readonly Reported[]>();
  const asked = new Map<number, () => void>();
  let departed: Promise<readonly Reported[]> = Promise.resolve([]);
  cluster.on("message", (worker, message: unknown) => {
    if (!isReport(message)) return;
    latest.set(worker.id, message.berthMetrics.map(combinable));
    asked.get(worker.id)?.();
  });
  // After the last message of a process, other than its exit.
  cluster.on("disconnect", (worker) => {
    const last = latest.get(worker.id);
    latest.delete(worker.id);
    asked.get(worker.id)?.();
    if (last) departed = departed.then(async (before) => total([before, lasting(last)]));
  });

  const ask = (worker: Worker) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(late);
        asked.delete(worker.id);
        resolve();
      };
      const late = setTimeout(done, patience);
      asked.set(worker.id, done);
      worker.send(question, (error) => {
        if (error) done();
      });
    });
  const gather = async (): Promise<string> => {
    const live = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true);
    await Promise.all(live.map(async (worker) => worker && ask(worker)));
    const before = await departed;
    return Registry.aggregate([before, ...latest.values()].map((report) => [...report])).metrics();
  };
  // One at a time: an answer does not say which scrape it is for.
  let gathering: Promise<string> | undefined;
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    metrics: () =>
      (gathering ??= gather().finally(() => {
        gathering = undefined;
      })),
  };
}

/**
 * Tells the process that forked this one its counts whenever it asks.
 *
 * @returns tells them a last time; to be awaited before the process ends
 */
export function reportToPrimary({ registry }: Metrics): () => Promise<void> {
  const report = async () => {
    const metrics = (await registry.getMetricsAsJSON()) as unknown as readonly Reported[];
    await new Promise<void>((resolve) => {
      if (!process.connected) resolve();
      else
        process.send?.({ berthMetrics: metrics } satisfies Report, undefined, undefined, () => {
          resolve();
        });
    });
  };
  process.on("message", (message: unknown) => {
    if (JSON.stringify(message) === JSON.stringify(question)) void report();
  });
  return report;
}
