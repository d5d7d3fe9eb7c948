#!/usr/bin/env bash
# express 5.3.0 (express.static, on serve-static and ms), on Node 24.21.0.
#
# Behaviour: maxAge takes a number of milliseconds or a text. A text that the package ms cannot read is
# not refused: it becomes max-age=0. Months, quarters and sums ("1 month", "1d 12h", "P30D") are among
# those; M is minutes. A number in text is milliseconds, though Cache-Control counts seconds.
# An expert expects: an error at start-up, as for a root that is missing; and a month where it says so.
# Seen: "30 days" and "4 weeks" work, "1 month" is max-age=0 with immutable beside it, "1M" a minute,
# "86400" a minute and a half.
# Why it matters: the files are never cached, and a CDN passes every request for them on to the app. The
# site works as before, so the bill is what tells.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages express@5.3.0

mkdir public
echo hello >public/app.js

cat >try.mjs <<'EOF'
import { once } from "node:events";
import express from "express";

for (const maxAge of ["30 days", "4 weeks", "1 month", "1M", "1d 12h", "P30D", "1.5h", "1,5h", "86400"]) {
  const app = express();
  app.use(express.static("public", { maxAge, immutable: true }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const response = await fetch(`http://127.0.0.1:${server.address().port}/app.js`);
  console.log(`${maxAge}: ${response.headers.get("cache-control")}`);
  server.closeAllConnections();
  server.close();
}
EOF

as_described "$(node try.mjs)" <<'EOF'
30 days: public, max-age=2592000, immutable
4 weeks: public, max-age=2419200, immutable
1 month: public, max-age=0, immutable
1M: public, max-age=60, immutable
1d 12h: public, max-age=0, immutable
P30D: public, max-age=0, immutable
1.5h: public, max-age=5400, immutable
1,5h: public, max-age=0, immutable
86400: public, max-age=86, immutable
EOF
