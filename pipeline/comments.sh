#!/usr/bin/env bash
# Writes every report of a folder as its stack's comment on the pull request of a commit.
#   pipeline/comments.sh FOLDER OWNER:BRANCH COMMIT
# FOLDER holds preview-STACK/STACK.md, as preview.yml uploads them.
set -euo pipefail
folder=$(realpath "${1:?the folder of reports}" 2>/dev/null) || { echo "No report."; exit 0; }
head=${2:?owner and branch}
sha=${3:?the commit}
cd "$(dirname "$0")/.."
for report in "$folder"/preview-*/*.md; do
  [ -f "$report" ] || continue
  node pipeline/comment.ts --head "$head" --sha "$sha" --stack "$(basename "$report" .md)" --report "$report"
done
