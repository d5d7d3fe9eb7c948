#!/usr/bin/env bash
# rate-limiter-flexible 11.4.0 beside express-rate-limit 8.7.5, on Node 24.21.0.
#
# Behaviour: the memory limiter hands the duration to setTimeout, which holds 24.8 days at most. For a
# longer one Node waits a millisecond instead, so the record is deleted as soon as it is written. What
# consume() answers is that all is well, with the whole duration still to go.
# An expert expects: a quota per month counts for a month; or the constructor refuses the number, as
# express-rate-limit's validation does.
# Seen: 2 of 5 calls pass with 24 days, all 5 with 25, and each is told that one point is left.
# Why it matters: a plan's monthly quota is what the package is used for beside login limits. As soon
# as the period is a month rather than a day, nothing is counted any more.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages rate-limiter-flexible@11.4.0 express-rate-limit@8.7.5

cat >try.mjs <<'EOF'
import { setTimeout as sleep } from "node:timers/promises";
import { rateLimit } from "express-rate-limit";
import { RateLimiterMemory } from "rate-limiter-flexible";

for (const days of [24, 25]) {
  const limiter = new RateLimiterMemory({ points: 2, duration: days * 86_400 });
  const answers = [];
  for (let call = 0; call < 5; call += 1) {
    answers.push(await limiter.consume("customer").then(
      ({ remainingPoints }) => `${remainingPoints} left`,
      () => "refused",
    ));
    await sleep(50);
  }
  console.log(`${days} days: ${answers.join(", ")}`);
}
const warn = console.error;
console.error = ({ code }) => console.log(`express-rate-limit, 25 days: ${code}`);
const request = { ip: "127.0.0.1", headers: {}, app: { get: () => false } };
const response = { setHeader() {}, headersSent: false };
await rateLimit({ windowMs: 25 * 86_400_000, limit: 2 })(request, response, () => {});
console.error = warn;
process.exit();
EOF

as_described "$(node --no-warnings try.mjs)" <<'EOF'
24 days: 1 left, 0 left, refused, refused, refused
25 days: 1 left, 1 left, 1 left, 1 left, 1 left
express-rate-limit, 25 days: ERR_ERL_WINDOW_MS
EOF
