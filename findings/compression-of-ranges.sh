#!/usr/bin/env bash
# compression 1.8.2 with express 5.3.0 (express.static), on Node 24.21.0.
#
# Behaviour: compression() also compresses an answer to a Range request. Status 206 and Content-Range
# stay as they were for the plain file, the body is a gzip stream of its own, and Accept-Ranges goes
# on promising ranges.
# An expert expects: a 206 is passed on untouched, as Nginx's gzip does, or ranges are switched off
# where bodies are compressed. By the standard a range counts bytes of the encoded representation.
# Seen: a file fetched whole with gzip, and the same file fetched in two halves with gzip, which is what
# a resumed download is, differ: the second half starts a new gzip stream in the middle, and the halves
# are longer than the file that they are halves of.
# Why it matters: resumed downloads and parts kept by a cache are broken behind an app that compresses,
# with every status line in order.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages express@5.3.0 compression@1.8.2

mkdir public
head -c 40000 /dev/zero | tr '\0' 'a' >public/notes.txt

cat >try.mjs <<'EOF'
import { get } from "node:http";
import { gunzipSync } from "node:zlib";
import compression from "compression";
import express from "express";

const app = express();
app.use(compression());
app.use(express.static("public"));
const server = await new Promise((resolve) => {
  const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
});
const fetchRaw = (headers) =>
  new Promise((resolve, reject) => {
    const options = { port: server.address().port, host: "127.0.0.1", path: "/notes.txt", headers, agent: false };
    get(options, async (response) => {
      const body = Buffer.concat(await response.toArray());
      resolve({ body, status: response.statusCode, headers: response.headers });
    }).on("error", reject);
  });
const gzip = { "accept-encoding": "gzip" };
const whole = await fetchRaw(gzip);
const halves = [
  await fetchRaw({ ...gzip, range: "bytes=0-19999" }),
  await fetchRaw({ ...gzip, range: "bytes=20000-39999" }),
];
const describe = ({ status, headers }) =>
  `${status}, ${headers["content-encoding"]}, content-range ${headers["content-range"] ?? "none"}`;
console.log(`whole: ${describe(whole)}, accept-ranges ${whole.headers["accept-ranges"]}`);
for (const half of halves) {
  console.log(`half: ${describe(half)}, a gzip stream of ${gunzipSync(half.body).length} bytes`);
}
const joined = Buffer.concat(halves.map(({ body }) => body));
console.log(`the halves are the whole: ${joined.equals(whole.body)}`);
server.close();
EOF

as_described "$(node try.mjs)" <<'EOF'
whole: 200, gzip, content-range none, accept-ranges bytes
half: 206, gzip, content-range bytes 0-19999/40000, a gzip stream of 20000 bytes
half: 206, gzip, content-range bytes 20000-39999/40000, a gzip stream of 20000 bytes
the halves are the whole: false
EOF
