#!/usr/bin/env bash
# Every script and folder of ours that a template, a workflow, a script or a page names is there.
#
# A name is what begins with one of the folders of this repository, or ends in .sh; it may be said from the repository's
# root or from where it is named.
set -euo pipefail
cd "$(dirname "$0")/../.."

folders='\.ci|deploy|docs|engine|fonts|providers|renderer'
named="($folders)/[A-Za-z0-9_./-]*[A-Za-z0-9_]|[A-Za-z0-9_./-]+\.sh"
pattern="(^|[^A-Za-z0-9_./@:\$}{-])(\./)?($named)(?![A-Za-z0-9_*{<\$-])"
tracked=$(git ls-files)
count=0 wrong=0
while IFS=: read -r file line found; do
  name=$(grep -oE "[A-Za-z0-9_.].*" <<<"${found#[^A-Za-z0-9_.]}")
  count=$((count + 1))
  if [ -e "$name" ] || [ -e "$(dirname "$file")/$name" ]; then
    continue
  fi
  # A script's bare name is one of ours wherever it lies.
  if [[ "$name" == */* ]] || ! grep -q "/$name\$" <<<"$tracked"; then
    printf '%s:%s names %s, which is not there\n' "$file" "$line" "$name" >&2
    wrong=$((wrong + 1))
  fi
done < <(git grep -noP "$pattern" -- '*.md' '*.yaml' '*.yml' '*.sh' '*.py' '*.mjs' .ci deploy/stack-test \
  deploy/container/Containerfile Cargo.toml)
[ "$count" -gt 0 ] || { echo "there is nothing to look at: this is no clone" >&2; exit 1; }
[ "$wrong" = 0 ]
echo "$count names of scripts and folders, all of which are there"
