#!/usr/bin/env bash
# @prometheus-io/client 0.16.1.
#
# Behaviour: a summary without observations, or whose observations have all left its window
# (maxAgeSeconds), gives 0 for every quantile. Its count and sum stay.
# An expert expects: NaN, as Prometheus' format has it for a quantile of nothing and as the Go client
# gives it, or no quantile at all; graphs then show a gap.
# Seen: 0 before the first observation, 5 after it, 0 again when the window has passed.
# Why it matters: a service that nobody reaches any more shows a latency of 0, the best on the board;
# an average over replicas is pulled down by those which idle, and an alert on latency goes out while
# the outage lasts.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages @prometheus-io/client@0.16.1

cat >try.mjs <<'EOF'
import { setTimeout as sleep } from "node:timers/promises";
import { Registry, Summary } from "@prometheus-io/client";

const registry = new Registry();
const summary = new Summary({
  name: "latency",
  help: "of requests",
  percentiles: [0.99],
  maxAgeSeconds: 2,
  ageBuckets: 2,
  registers: [registry],
});
async function show(when) {
  const lines = (await registry.metrics()).split("\n").filter((line) => line.startsWith("latency"));
  console.log(`${when}: ${lines.join(", ")}`);
}
await show("before");
summary.observe(5);
await show("observed");
await sleep(5000);
await show("after the window");
EOF

as_described "$(node try.mjs)" <<'EOF'
before: latency{quantile="0.99"} 0, latency_sum 0, latency_count 0
observed: latency{quantile="0.99"} 5, latency_sum 5, latency_count 1
after the window: latency{quantile="0.99"} 0, latency_sum 5, latency_count 1
EOF
