#!/usr/bin/env bash
# autocannon 9.0.0, on Node 24.21.0.
#
# Behaviour: a request that meets autocannon's timeout counts as an error and leaves no trace in the
# latencies: neither in the percentiles nor in the average or the maximum.
# An expert expects: the longest waits are the tail, so a request that has waited for the whole timeout
# counts with at least that much, as with wrk2 or HdrHistogram's corrected values.
# Seen: of 100 requests 10 hang for the timeout of 1 s. p90, p99 and the maximum are all far below 1 s.
# Why it matters: latencies look best at the moment at which a server begins to hang. "p99 under 100 ms"
# as a gate passes a release that leaves a tenth of the requests without an answer.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages autocannon@9.0.0

cat >try.mjs <<'EOF'
import { once } from "node:events";
import { createServer } from "node:http";
import autocannon from "autocannon";

let count = 0;
const server = createServer((request, response) => {
  count += 1;
  if (count % 10 !== 0) response.end("ok");
});
await once(server.listen(0, "127.0.0.1"), "listening");
const { latency, timeouts, errors, "2xx": good } = await autocannon({
  url: `http://127.0.0.1:${server.address().port}`,
  connections: 2,
  amount: 100,
  timeout: 1,
});
console.log(`answered ${good}, timeouts ${timeouts}, errors ${errors}`);
for (const name of ["p90", "p99", "max"]) console.log(`${name} below the timeout: ${latency[name] < 1000}`);
server.closeAllConnections();
server.close();
EOF

as_described "$(node --no-warnings try.mjs)" <<'EOF'
answered 90, timeouts 10, errors 10
p90 below the timeout: true
p99 below the timeout: true
max below the timeout: true
EOF
