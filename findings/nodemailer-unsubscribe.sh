#!/usr/bin/env bash
# nodemailer 10.6.0.
#
# Behaviour: `list` is for List-* headers, but cannot say what one-click unsubscribing (RFC 8058)
# needs. `unsubscribe-post` is taken for an address: it gets http:// and angle brackets. And a list of
# two ways to unsubscribe becomes two headers, while RFC 2369 allows each header once.
# An expert expects: List-Unsubscribe-Post as given, and one List-Unsubscribe with both addresses.
# Seen: see below. A list within the list gives one header; the Post header needs `headers`.
# Why it matters: large mailbox providers ask senders for exactly these two headers; a test that only
# looks whether they exist passes.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages nodemailer@10.6.0

cat >try.mjs <<'EOF'
import { createTransport } from "nodemailer";

const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
const web = "https://shop.example/stop";
const mail = "mailto:stop@shop.example";
async function show(what, more) {
  const { message } = await transport.sendMail({
    from: "shop@shop.example",
    to: "ada@mail.example",
    subject: "news",
    text: "news",
    ...more,
  });
  const unfolded = message.toString().replaceAll(/\n[ \t]+/g, " ");
  for (const line of unfolded.split("\n")) if (line.startsWith("List-")) console.log(`${what}: ${line}`);
}
await show("post", { list: { "unsubscribe-post": "List-Unsubscribe=One-Click" } });
await show("two", { list: { unsubscribe: [web, mail] } });
await show("two in one", { list: { unsubscribe: [[web, mail]] } });
await show("headers", { headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } });
EOF

as_described "$(node try.mjs)" <<'EOF'
post: List-Unsubscribe-Post: <http://List-Unsubscribe=One-Click>
two: List-Unsubscribe: <https://shop.example/stop>
two: List-Unsubscribe: <mailto:stop@shop.example>
two in one: List-Unsubscribe: <https://shop.example/stop>, <mailto:stop@shop.example>
headers: List-Unsubscribe-Post: List-Unsubscribe=One-Click
EOF
