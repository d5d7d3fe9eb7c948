#!/usr/bin/env bash
# Lints .github/workflows: actionlint for what is wrong, zizmor for what is dangerous. Both come from their languages'
# registries, by version and checksum, into a folder of their own.
#   pipeline/lint-workflows.sh
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${BERTH_LINT_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/berth/lint-actionlint1.7.12-zizmor1.32.0}
if [ ! -x "$tools/bin/actionlint" ]; then
  GOBIN=$tools/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
fi
if [ ! -x "$tools/python/bin/zizmor" ]; then
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check zizmor==1.32.0
fi
"$tools/bin/actionlint" -shellcheck= -pyflakes= .github/workflows/*.yml
"$tools/python/bin/zizmor" --offline --persona regular --no-progress .github
