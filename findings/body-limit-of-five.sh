#!/usr/bin/env bash
# express 5.3.0 (body-parser 2.4.0, bytes 3.1.2).
#
# Behaviour: a limit of a body with a unit that the parser of sizes does not know is no error. What
# stands in front of it is taken for bytes: "5MiB", "5 megabytes" and "5e6" are a limit of 5 bytes,
# "1,5mb" one of a single byte.
# An expert expects: "5MiB" is 5 mebibytes, as "5mb" is in the very same option, or the start fails.
# It does fail for what no number begins: ".5mb" is said to be invalid.
# Seen: the application starts, and answers 413 to every body of more than five bytes.
# Why it matters: MiB is how Kubernetes, systemd and most of today's tools write what this option
# calls mb. The setting looks right, health checks have no body, and all that people send is refused
# as too large.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages express@5.3.0 body-parser@2.4.0 bytes@3.1.2

cat >try.mjs <<'EOF'
import { once } from "node:events";
import express from "express";

const answer = async (limit, body) => {
  const app = express();
  try {
    app.use(express.json({ limit }));
  } catch (error) {
    return error.message;
  }
  app.post("/", (_, response) => response.sendStatus(204));
  app.use((error, _request, response, _next) => response.status(error.status).send(error.type));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${server.address().port}`;
  const { status } = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  server.close();
  server.closeAllConnections();
  return status;
};
for (const limit of ["5mb", "5MB", "5MiB", "5 megabytes", "5e6", ".5mb"]) {
  console.log(`${limit}: [1,2] ${await answer(limit, "[1,2]")}, [1,2,3] ${await answer(limit, "[1,2,3]")}`);
}
console.log(`1,5mb: {} ${await answer("1,5mb", "{}")}`);
EOF

as_described "$(node try.mjs)" <<'EOF'
5mb: [1,2] 204, [1,2,3] 204
5MB: [1,2] 204, [1,2,3] 204
5MiB: [1,2] 204, [1,2,3] 413
5 megabytes: [1,2] 204, [1,2,3] 413
5e6: [1,2] 204, [1,2,3] 413
.5mb: [1,2] option limit ".5mb" is invalid, [1,2,3] option limit ".5mb" is invalid
1,5mb: {} 413
EOF
