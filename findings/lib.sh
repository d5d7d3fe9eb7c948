#!/usr/bin/env bash
# What the findings share. A finding sources this file, installs packages, runs a program on them,
# and hands its lines to `as_described` beside the lines that the described behaviour gives.
set -euo pipefail

finding=$(basename "$0" .sh)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Installs npm packages (NAME@VERSION ...) and Node 24.21.0 in the temporary folder; `node` is that one.
npm_packages() {
  local architecture=x64
  [ "$(uname -m)" = aarch64 ] && architecture=arm64
  printf '{ "private": true }\n' >package.json
  npm install --loglevel=error --save-exact --no-audit --no-fund \
    "node-linux-$architecture@24.21.0" "$@" >npm.log 2>&1 || { cat npm.log >&2; exit 2; }
  export PATH="$folder/node_modules/node-linux-$architecture/bin:$PATH"
}

# The same beside PostgreSQL 18 (PGlite 0.5.14). `server.mjs` starts it on loopback, and exports it, its
# address and what stops it.
pglite_packages() {
  npm_packages "$@" @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17
  cat >server.mjs <<'PROGRAM'
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

export const pglite = await PGlite.create();
const server = new PGLiteSocketServer({ db: pglite, port: 0, host: "127.0.0.1", maxConnections: 5 });
const ready = new Promise((resolve) => {
  server.addEventListener("listening", (event) => resolve(event.detail));
});
await server.start();
const { port } = await ready;
export const address = { host: "127.0.0.1", port, user: "postgres", database: "postgres" };
export const stop = () => server.stop();
PROGRAM
}

# Starts a Go module in the current folder that requires the packages PATH@VERSION.
go_packages() {
  { go mod init try && GOFLAGS=-mod=mod go get "$@"; } >go.log 2>&1 || { cat go.log >&2; exit 2; }
}

# Compares the lines seen ($1) with those on standard input, which belong to the described
# behaviour. Ends with 1 and the difference if the behaviour has changed.
as_described() {
  if diff --unified=0 --label described --label seen - <(printf '%s\n' "$1"); then
    echo "$finding: behaves as described"
  else
    echo "$finding: the behaviour has changed, see the difference above" >&2
    exit 1
  fi
}
