#!/usr/bin/env bash
# @prometheus-io/client 0.16.1, ClusterRegistry.
#
# Behaviour: shutdown(), which a cluster's worker calls so that its counts outlive it, hands over
# every metric that is aggregated by sum. Gauges are by default, the standard ones too. The primary
# keeps their last values for ever and adds them to those of the living.
# An expert expects: counters and histograms are carried over; a gauge says what is now, so it ends
# with its process. Summaries' quantiles should not be added up in the first place.
# Seen: after three orderly restarts of a single worker which sets a gauge to 3, the scrape says 12;
# the file descriptor limit and the resident memory have grown by one process each time; the median of
# observations that are all 10 is 40.
# Why it matters: without shutdown() a restart makes counters fall; with it, memory and "open
# sessions" climb with every restart until an alert calls it a leak. Gauges need an aggregator other
# than sum, and the standard ones cannot have one.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages @prometheus-io/client@0.16.1

cat >try.cjs <<'EOF'
const cluster = require("node:cluster");
const { once } = require("node:events");
const { ClusterRegistry, Counter, Gauge, Summary, collectDefaultMetrics } = require("@prometheus-io/client");

const registry = new ClusterRegistry();
const metrics = {
  jobs: new Counter({ name: "jobs_total", help: "done" }),
  sessions: new Gauge({ name: "sessions", help: "open now" }),
  peak: new Gauge({ name: "peak", help: "highest", aggregator: "max" }),
  latency: new Summary({ name: "latency", help: "of jobs", percentiles: [0.5] }),
};

async function lead() {
  // The primary's own values are in the sums, too, so it collects no default metrics.
  const start = async () => {
    const worker = cluster.fork();
    await once(worker, "message");
    return worker;
  };
  const scrape = async () => {
    const text = await registry.clusterMetrics();
    return (name) => Number(text.split("\n").find((line) => line.startsWith(`${name} `)).split(" ")[1]);
  };
  let worker = await start();
  const first = await scrape();
  for (let restart = 0; restart < 3; restart += 1) {
    const gone = once(worker, "exit");
    worker.send("stop");
    await gone;
    worker = await start();
  }
  const last = await scrape();
  for (const name of ["jobs_total", "sessions", "peak", 'latency{quantile="0.5"}']) {
    console.log(`${name}: ${first(name)}, after three restarts ${last(name)}`);
  }
  const times = (name) => Math.round(last(name) / first(name));
  console.log(`process_max_fds: ${times("process_max_fds")} times as many`);
  const grown = last("process_resident_memory_bytes") > 2 * first("process_resident_memory_bytes");
  console.log(`memory more than doubled: ${grown}`);
  worker.send("stop");
}

function work() {
  collectDefaultMetrics();
  metrics.jobs.inc(5);
  metrics.sessions.set(3);
  metrics.peak.set(7);
  metrics.latency.observe(10);
  process.on("message", (message) => {
    if (message === "stop") registry.shutdown().then(() => process.exit(0));
  });
  process.send("ready");
}

if (cluster.isPrimary) lead();
else work();
EOF

as_described "$(node try.cjs)" <<'EOF'
jobs_total: 5, after three restarts 20
sessions: 3, after three restarts 12
peak: 7, after three restarts 7
latency{quantile="0.5"}: 10, after three restarts 40
process_max_fds: 4 times as many
memory more than doubled: true
EOF
