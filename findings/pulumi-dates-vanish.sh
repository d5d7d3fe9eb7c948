#!/usr/bin/env bash
# @pulumi/pulumi 3.270.0.
#
# Behaviour: whatever becomes an Output is rebuilt property by property. Objects that keep their
# content elsewhere lose it: a Date, a Map, a Set or a URL becomes {}, a Buffer an object with numbered
# keys. pulumi.jsonStringify(), made as a drop-in for JSON.stringify(), does so, too.
# An expert expects: the text that JSON.stringify() gives, or an error about a value that is no plain
# data.
# Seen: {"at":{}} instead of {"at":"2026-01-01T00:00:00.000Z"}. Two different dates are equal.
# Why it matters: a policy document with an expiry date loses it; `triggers: [new Date(...)]` never
# triggers, since {} never changes.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages @pulumi/pulumi@3.270.0

cat >try.mjs <<'EOF'
import pulumi from "@pulumi/pulumi";

const valueOf = (output) => new Promise((resolve) => output.apply(resolve));
for (const [name, value] of Object.entries({
  Date: new Date("2026-01-01"),
  URL: new URL("https://shop.example/a"),
  Buffer: Buffer.from("ab"),
  Map: new Map([["a", 1]]),
})) {
  const plain = JSON.stringify({ value });
  const resolved = JSON.stringify(await valueOf(pulumi.output({ value })));
  const text = await valueOf(pulumi.jsonStringify({ value }));
  console.log(`${name}: JSON ${plain}, output ${resolved}, jsonStringify ${text}`);
}
EOF

as_described "$(node try.mjs)" <<'EOF'
Date: JSON {"value":"2026-01-01T00:00:00.000Z"}, output {"value":{}}, jsonStringify {"value":{}}
URL: JSON {"value":"https://shop.example/a"}, output {"value":{}}, jsonStringify {"value":{}}
Buffer: JSON {"value":{"type":"Buffer","data":[97,98]}}, output {"value":{"0":97,"1":98}}, jsonStringify {"value":{"0":97,"1":98}}
Map: JSON {"value":{}}, output {"value":{}}, jsonStringify {"value":{}}
EOF
