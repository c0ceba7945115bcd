#!/usr/bin/env bash
# Tests that every script and folder of this repository that is named in a document, template, workflow or script
# exists.
#
# A name is a path that begins with one of the folders of this repository or that ends in .sh. It may be relative to the
# repository's root or to the file that names it.
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
  # NAME stands for any name.
  if [ -e "$name" ] || [ -e "$(dirname "$file")/$name" ] || [[ "$name" == *NAME* ]]; then
    continue
  fi
  # The name of a script without a folder may be any script of this repository.
  if [[ "$name" == */* ]] || ! grep -q "/$name\$" <<<"$tracked"; then
    printf '%s:%s names %s, which is not there\n' "$file" "$line" "$name" >&2
    wrong=$((wrong + 1))
  fi
done < <(git grep -noP "$pattern" -- '*.md' '*.yaml' '*.yml' '*.sh' '*.py' '*.mjs' .ci deploy/stack-test \
  deploy/container/Containerfile deny.toml _typos.toml Cargo.toml)
[ "$count" -gt 0 ] || { echo "no name was found: this is no clone of the repository" >&2; exit 1; }
[ "$wrong" = 0 ]
echo "all $count scripts and folders that are named exist"
