#!/bin/sh
# Prints the section of CHANGELOG.md about a version, as the notes of its release: deploy/changelog.sh VERSION [FILE]
#
# A section begins with a line such as `## 1.2.3` or `## 1.2.3 (2026-11-30)`; VERSION may begin with a v. It fails if
# there is no such section or nothing in it. `Unreleased` is a version, too.
set -eu
version=${1:?say which version, such as 1.2.3}
version=${version#v}
file=${2:-$(dirname "$0")/../CHANGELOG.md}
section=$(awk -v version="$version" '
  /^## / { is_wanted = $2 == version; next }
  is_wanted { print }' "$file" | sed '/./,$!d')
if [ -z "$section" ]; then
  echo "changelog.sh: $file has no section '## $version' with something in it" >&2
  exit 1
fi
printf '%s\n' "$section"
