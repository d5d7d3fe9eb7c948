#!/usr/bin/env bash
# express 5.3.0 with cors 2.8.6, on Node 24.21.0.
#
# Behaviour: a Router that has a route for the path, but none for OPTIONS, answers OPTIONS by itself as
# soon as the request leaves it. Allow has the methods of that router alone. Every other method goes on
# to the next router.
# An expert expects: the automatic answer comes at the very end, once nobody has answered, and lists the
# methods of all routes; a request that no handler has taken goes on.
# Seen: orders are read by one router and deleted by the next, which has cors() in front. DELETE works;
# its preflight is answered by the first router, "GET, HEAD", without CORS headers. With the two in
# the other order it is answered by cors().
# Why it matters: splitting a router's file into two breaks browsers' calls and no others: tests which
# send no preflight stay green. Gateways that read Allow think that there is no DELETE.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages express@5.3.0 cors@2.8.6

cat >try.mjs <<'EOF'
import { once } from "node:events";
import cors from "cors";
import express from "express";

const read = express.Router();
read.get("/orders", (request, response) => response.send("read"));
const remove = express.Router();
remove.use(cors());
remove.delete("/orders", (request, response) => response.send("deleted"));
const plain = express.Router();
plain.delete("/orders", (request, response) => response.send("deleted"));

const app = express();
app.use("/first", read, remove);
app.use("/last", remove, read);
app.use("/plain", read, plain);
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
for (const path of ["/first/orders", "/last/orders", "/plain/orders"]) {
  for (const method of ["DELETE", "OPTIONS"]) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method });
    const header = (name) => response.headers.get(name) ?? "none";
    console.log(
      `${method} ${path}: ${response.status} ${(await response.text()) || "empty"}, ` +
        `allow ${header("allow")}, CORS ${header("access-control-allow-methods")}`,
    );
  }
}
server.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
DELETE /first/orders: 200 deleted, allow none, CORS none
OPTIONS /first/orders: 200 GET, HEAD, allow GET, HEAD, CORS none
DELETE /last/orders: 200 deleted, allow none, CORS none
OPTIONS /last/orders: 204 empty, allow none, CORS GET,HEAD,PUT,PATCH,POST,DELETE
DELETE /plain/orders: 200 deleted, allow none, CORS none
OPTIONS /plain/orders: 200 GET, HEAD, allow GET, HEAD, CORS none
EOF
