"use strict";
// Ends with 0 if the replica in this container answers its health path with 2xx; with 1 and the reason otherwise.
// Argument `process`: of a worker, which serves nothing; that this runs at all says that its container runs.
const http = require("http");

const path = process.env.BERTH_HEALTH || "/";
const port = Number(process.env.BERTH_PORT || 3000);

function fail(reason) {
  process.stderr.write(`${path} on port ${port}: ${reason}\n`);
  process.exit(1);
}

if (process.argv[2] !== "process") {
  // Nginx comes from outside: an application that listens on 127.0.0.1 only is reached by nobody else.
  const host = Object.values(require("os").networkInterfaces())
    .reduce((all, some) => all.concat(some || []), [])
    .filter((one) => !one.internal && (one.family === "IPv4" || one.family === 4))
    .map((one) => one.address)[0];
  const request = http.get(
    { host: host || "127.0.0.1", port, path, headers: { "X-Forwarded-Proto": "https" } },
    (answer) => {
      answer.resume();
      if (answer.statusCode >= 200 && answer.statusCode < 300) process.exit(0);
      fail(`answered ${answer.statusCode}`);
    },
  );
  request.setTimeout(4000, () => fail("no answer within 4 s"));
  request.on("error", (error) =>
    fail(
      error.code === "ECONNREFUSED"
        ? "nothing listens there; the application has to listen on 0.0.0.0, and on PORT"
        : error.message,
    ),
  );
}
