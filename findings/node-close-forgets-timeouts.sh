#!/usr/bin/env bash
# Node 24.21.0, node:http.
#
# Behaviour: server.close() also ends the check that enforces headersTimeout and requestTimeout. A
# connection that has sent nothing, or half a request, is no "idle" one for closeIdleConnections(), and
# from close() on nothing limits it: it keeps the server open for as long as its client likes.
# An expert expects: the timeouts hold until the last connection is gone, so that close() needs
# headersTimeout at most.
# Seen: a listening server sends 408 to a silent client after headersTimeout; a closing one leaves it
# alone for three times as long, and ends only through closeAllConnections().
# Why it matters: a load balancer's spare connection or a TCP health check makes every graceful
# shutdown last until it is killed, however short headersTimeout is.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2119 # Node alone is needed.
npm_packages

cat >try.mjs <<'EOF'
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const headersTimeout = 1000;
const patience = 4 * headersTimeout;
const server = createServer(
  { headersTimeout, requestTimeout: headersTimeout, connectionsCheckingInterval: 100 },
  (request, response) => response.end(),
);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const open = (firstBytes) =>
  new Promise((resolve) => {
    const socket = connect(server.address().port, "127.0.0.1", () => {
      if (firstBytes) socket.write(firstBytes);
      socket.answer = "";
      socket.on("data", (chunk) => (socket.answer += chunk));
      socket.on("error", () => {});
      sleep(200).then(() => resolve(socket));
    });
  });
const stateOf = (socket) => socket.answer.split("\r\n")[0] || (socket.closed ? "closed" : "open");
const requests = { silent: "", half: "GET / HTTP/1.1\r\nHost: shop\r\n" };

for (const [name, bytes] of Object.entries(requests)) {
  const socket = await open(bytes);
  await sleep(patience);
  console.log(`listening, ${name}: ${stateOf(socket)}`);
}
const left = await Promise.all(Object.values(requests).map(open));
server.close(() => console.log("closed"));
server.closeIdleConnections();
await sleep(patience);
for (const [index, name] of Object.keys(requests).entries()) {
  console.log(`closing, ${name}: ${stateOf(left[index])}`);
}
server.closeAllConnections();
EOF

as_described "$(node try.mjs)" <<'EOF'
listening, silent: HTTP/1.1 408 Request Timeout
listening, half: HTTP/1.1 408 Request Timeout
closing, silent: open
closing, half: open
closed
EOF
