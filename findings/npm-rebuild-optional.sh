#!/usr/bin/env bash
# npm 11.19.1 and 12.2.2.
#
# Behaviour: `npm ci` passes over an optional package whose install script fails. `npm ci
# --ignore-scripts`, followed by `npm rebuild`, ends with an error for the same package.
# An expert expects: the same of both, for `npm rebuild` runs the scripts that were left out.
# Seen: with an optional package that cannot be compiled, exit code 0 of the one and 1 of the other.
# Why it matters: installing without scripts first is how images get a layer that outlives a change of
# the sources, and how scripts are kept from secrets. Where a compiler is missing, such a build fails
# for a package that nobody needs, such as SQLite's driver beside another database's.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

npm_packages npm-11@npm:npm@11.19.1 npm-12@npm:npm@12.2.2
tools=$folder/node_modules
# No headers of Node, so that nothing can be compiled, whatever this machine has.
export npm_config_nodedir=$folder/none npm_config_dangerously_allow_all_scripts=true

mkdir project
cd project
printf '{ "private": true, "optionalDependencies": { "buffertools": "2.1.6" } }\n' >package.json
npm install --package-lock-only --ignore-scripts --no-audit --no-fund >../lock.log 2>&1 || { cat ../lock.log >&2; exit 2; }

# Runs npm of a major version. @returns its exit code on standard output
npm_of() {
  local code=0
  node "$tools/npm-$1/bin/npm-cli.js" "${@:2}" --no-audit --no-fund >"$folder/npm-run.log" 2>&1 || code=$?
  echo "$code"
}

as_described "$(
  for version in 11 12; do
    echo "npm $version, ci: $(npm_of $version ci)"
    echo "npm $version, ci --ignore-scripts: $(npm_of $version ci --ignore-scripts), rebuild: $(npm_of $version rebuild)"
  done
)" <<'EOF'
npm 11, ci: 0
npm 11, ci --ignore-scripts: 0, rebuild: 1
npm 12, ci: 0
npm 12, ci --ignore-scripts: 0, rebuild: 1
EOF
