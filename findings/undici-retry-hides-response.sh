#!/usr/bin/env bash
# undici 8.13.1 beside ky 2.1.0 and got 16.1.0, on Node 24.21.0.
#
# Behaviour: with interceptors.retry() the last answer of a series that failed is not handed over:
# request() rejects with RequestRetryError and fetch() with "fetch failed", neither with a response or a
# body, unless throwOnError is false. And a Retry-After longer than maxTimeout (30 s unless set) is cut
# to it, so the request comes again before the time that the server has named. ky's maxRetryAfter does
# so, too.
# An expert expects: fetch() resolves for each answer, as the standard has it; retries change how often it
# is asked. And a wait that is too long ends the retries, as with got.
# Seen: a 503 is a Response without the interceptor, a TypeError with it. A server that says "in 2 s" is
# asked again after 0.3 s, twice, by undici and ky; got gives up at once.
# Why it matters: code that looks at response.status stops working in the very outage for which retries
# were added, and what the API says of it is lost. Coming back too early renews the ban at many an API.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages undici@8.13.1 ky@2.1.0 got@16.1.0

cat >try.mjs <<'EOF'
import { once } from "node:events";
import { createServer } from "node:http";
import got from "got";
import ky from "ky";
import { Agent, fetch, interceptors, request } from "undici";

let times = [];
const server = createServer((incoming, response) => {
  times.push(performance.now());
  response.writeHead(503, { "retry-after": "2", "content-type": "application/json" });
  response.end('{"limit":"per minute"}');
});
await once(server.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${server.address().port}/`;
const plain = new Agent();
const retrying = new Agent().compose(interceptors.retry({ maxRetries: 2, maxTimeout: 300 }));
async function attempt(name, run) {
  times = [];
  const result = await run().catch(
    ({ name, response }) => `${name}, response ${response?.status ?? response?.statusCode ?? "none"}`,
  );
  const early = times.slice(1).filter((time, index) => time - times[index] < 1900).length;
  console.log(`${name}: ${result}; asked ${times.length} times, ${early} of them before Retry-After`);
}
const describe = ({ status, statusCode }) => `response ${status ?? statusCode}`;
await attempt("undici fetch", () => fetch(url, { dispatcher: plain }).then(describe));
await attempt("undici fetch, retrying", () => fetch(url, { dispatcher: retrying }).then(describe));
await attempt("undici request, retrying", () => request(url, { dispatcher: retrying }).then(describe));
const handing = new Agent().compose(interceptors.retry({ maxRetries: 2, maxTimeout: 300, throwOnError: false }));
await attempt("undici fetch, throwOnError false", () => fetch(url, { dispatcher: handing }).then(describe));
await attempt("ky, retrying", () =>
  ky(url, { retry: { limit: 2, maxRetryAfter: 300 } }).then(describe),
);
await attempt("got, retrying", () =>
  got(url, { retry: { limit: 2, maxRetryAfter: 300 } }).then(describe),
);
await plain.close();
await retrying.close?.();
server.closeAllConnections();
server.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
undici fetch: response 503; asked 1 times, 0 of them before Retry-After
undici fetch, retrying: TypeError, response none; asked 3 times, 2 of them before Retry-After
undici request, retrying: RequestRetryError, response none; asked 3 times, 2 of them before Retry-After
undici fetch, throwOnError false: response 503; asked 3 times, 2 of them before Retry-After
ky, retrying: HTTPError, response 503; asked 3 times, 2 of them before Retry-After
got, retrying: HTTPError, response 503; asked 1 times, 0 of them before Retry-After
EOF
