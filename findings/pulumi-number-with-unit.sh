#!/usr/bin/env bash
# @pulumi/pulumi 3.270.0.
#
# Behaviour: Config.getNumber() reads with parseFloat(): it takes the digits in front and drops the
# rest. Only a value without any digits in front is refused. getBoolean(), beside it, accepts "true"
# and "false" alone, and getObject() on the same value is strict JSON.
# An expert expects: a value that is no number is an error that names the key, as with getBoolean().
# Seen: 30s is 30, 10GB is 10, 1,000 and 1_000 and "1 000" are 1, 0x10 is 0, 1.5.2 is 1.5.
# Why it matters: a wrong unit or a thousands separator passes the preview and deploys a timeout or a
# memory limit that is a thousandth of what was meant.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages @pulumi/pulumi@3.270.0

cat >try.mjs <<'EOF'
import pulumi from "@pulumi/pulumi";

const texts = ["30s", "10GB", "1,000", "1_000", "1 000", "0x10", "1.5.2", "1e3", "abc", ""];
pulumi.runtime.setAllConfig({
  ...Object.fromEntries(texts.map((text, index) => [`try:n${index}`, text])),
  "try:yes": "True",
});
const config = new pulumi.Config("try");
function read(get) {
  try {
    return get();
  } catch (error) {
    return error.constructor.name;
  }
}
for (const [index, text] of texts.entries()) {
  console.log(`number ${JSON.stringify(text)}: ${read(() => config.getNumber(`n${index}`))}`);
}
console.log(`boolean "True": ${read(() => config.getBoolean("yes"))}`);
EOF

as_described "$(node try.mjs)" <<'EOF'
number "30s": 30
number "10GB": 10
number "1,000": 1
number "1_000": 1
number "1 000": 1
number "0x10": 0
number "1.5.2": 1.5
number "1e3": 1000
number "abc": ConfigTypeError
number "": ConfigTypeError
boolean "True": ConfigTypeError
EOF
