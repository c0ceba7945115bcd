#!/usr/bin/env bash
# Tests which libraries deploy/package.sh builds for a list of plugins. cargo is a stub that logs its arguments and fails,
# so that nothing is built.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# .ci/tools calls it to get its version.
cat >"$place/cargo" <<STUB
#!/bin/sh
echo "\$*" >>'$place/asked'
echo cargo 1.999.0
test "\$1" != rustc
STUB
chmod 755 "$place/cargo"
count=0

# builds LIBRARIES ARGUMENT…: fails the test unless these libraries are built, which have a space before each name.
builds() {
  local libraries=$1 found
  shift
  : >"$place/asked"
  if PATH=$place:$PATH deploy/package.sh "$@" >/dev/null 2>&1; then exit 1; fi
  found=$(grep -o 'badgesmith-provider-[a-z-]*' "$place/asked" | sed 's/badgesmith-provider-/ /' | tr -d '\n') || true
  if [ "$found" != "$libraries" ] || ! grep -q '^rustc ' "$place/asked"; then
    printf 'package.sh %s builds%s and not%s\n' "$*" "$found" "$libraries" >&2
    exit 1
  fi
  count=$((count + 1))
}

builds " nuget github test-results coverage values services"
builds " github" --plugins github
builds " nuget test-results" --plugins "test-results,npm,nuget"
builds "" --plugins npm,pypi
cat >"$place/plugins.toml" <<'TOML'
[[plugin]]
library = "badgesmith_provider_nuget"
id = "feed"

[[plugin]]
id = "acme"
declarative = "acme.toml"

[plugin.settings]
id = "none"
TOML
builds " nuget" --config "$place/plugins.toml" --plugins feed,acme
builds "" --config "$place/plugins.toml" --plugins acme

: >"$place/asked"
for refused in "nuget,rocket" "none"; do
  said=$(PATH=$place:$PATH deploy/package.sh --config "$place/plugins.toml" --plugins "$refused" 2>&1) && exit 1
  case "$said" in
    *"no plugin "*"; there are feed acme") count=$((count + 1)) ;;
    *) printf 'package.sh --plugins %s says: %s\n' "$refused" "$said" >&2; exit 1 ;;
  esac
done
[ ! -s "$place/asked" ]
printf 'package.sh: %s cases are as they should be\n' "$count"
