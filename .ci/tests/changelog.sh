#!/usr/bin/env bash
# Tests deploy/changelog.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat >"$place/CHANGELOG.md" <<'MD'
# Changelog

## Unreleased

## 1.10.0 (2026-11-30)

### Added

- Two.

## 1.1.0

- One.
## 1.0.0
MD
shows() {
  said=$(deploy/changelog.sh "$1" "$place/CHANGELOG.md")
  [ "$said" = "$2" ] || { echo "changelog.sh $1 says: $said" >&2; exit 1; }
}
refuses() {
  if said=$(deploy/changelog.sh "$1" "$place/CHANGELOG.md" 2>&1); then echo "changelog.sh accepts $1" >&2; exit 1; fi
  [[ "$said" == *"has no section '## ${1#v}'"* ]] || { echo "changelog.sh $1 says: $said" >&2; exit 1; }
}
shows v1.10.0 $'### Added\n\n- Two.'
shows 1.1.0 "- One."
refuses 1.0.0
refuses v1.1
refuses 1.1.00
refuses Unreleased
deploy/changelog.sh Unreleased >/dev/null
echo "changelog.sh: 7 cases are as they should be"
