#!/usr/bin/env bash
# npm 11.19.1 and 12.2.2.
#
# Behaviour: `npm outdated` leaves out a package that its registry refuses (403) or does not have (404):
# no line, no warning, exit code 0. That is what it prints for a package that is up to date, too.
# An expert expects: an error as of `npm view` and `npm install`, or a line that says so.
# Seen: of three packages - one behind, one refused, one not found - only the first is named. If it is
# up to date, nothing is printed at all, and the exit code is 0.
# Why it matters: a nightly check whose token has expired, or that runs behind a proxy which blocks a
# package, says that everything is up to date.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages npm-11@npm:npm@11.19.1 npm-12@npm:npm@12.2.2
tools=$folder/node_modules
# Warnings about this machine's own settings are none of its answers.
export npm_config_userconfig=$folder/none npm_config_globalconfig=$folder/none-either

cat >registry.mjs <<'EOF'
import { createServer } from "node:http";

const versions = Object.fromEntries(
  ["1.0.0", "1.1.0"].map((version) => [version, { name: "known", version, dist: { tarball: "http://localhost/", shasum: "0" } }]),
);
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url === "/known") response.end(JSON.stringify({ name: "known", "dist-tags": { latest: "1.1.0" }, versions }));
  else response.writeHead(request.url === "/refused" ? 403 : 404).end("{}");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
EOF
node registry.mjs >port &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
until [ -s port ]; do kill -0 $server; done

# A project whose three packages are installed.
project() {
  mkdir "$1"
  cd "$1"
  printf 'registry=http://127.0.0.1:%s/\ncache=%s/cache\nupdate-notifier=false\n' "$(cat ../port)" "$folder" >.npmrc
  printf '{ "dependencies": { "known": "%s", "refused": "1.0.0", "gone": "1.0.0" } }\n' "$2" >package.json
  local name
  for name in known refused gone; do
    mkdir -p "node_modules/$name"
    printf '{ "name": "%s", "version": "%s" }\n' "$name" "$([ "$name" = known ] && echo "$2" || echo 1.0.0)" \
      >"node_modules/$name/package.json"
  done
  cd ..
}
project behind 1.0.0
project current 1.1.0

# The names that are printed, what is said on standard error, and the exit code.
outdated() {
  local code=0
  (cd "$2" && node "$tools/npm-$1/bin/npm-cli.js" outdated --json >out 2>err) || code=$?
  echo "npm $1, $2: $(node -p 'Object.keys(JSON.parse(process.argv[1])).join(" ") || "nothing"' "$(cat "$2/out")"), $(wc -c <"$2/err") characters of errors, exit code $code"
}

view=0
(cd current && node "$tools/npm-12/bin/npm-cli.js" view refused >/dev/null 2>&1) || view=$?
as_described "$(
  for version in 11 12; do outdated $version behind; outdated $version current; done
  echo "npm 12, view of the refused one: exit code $view"
)" <<'EOF'
npm 11, behind: known, 0 characters of errors, exit code 1
npm 11, current: nothing, 0 characters of errors, exit code 0
npm 12, behind: known, 0 characters of errors, exit code 1
npm 12, current: nothing, 0 characters of errors, exit code 0
npm 12, view of the refused one: exit code 1
EOF
