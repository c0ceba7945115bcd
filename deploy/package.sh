#!/usr/bin/env bash
# Builds the Lambda package, dist/badgesmith-lambda-ARCH.zip, and dist/manifest.json, which lists its files. The same
# commit gives the same bytes.
#
#   deploy/package.sh [--arch x86_64|arm64] [--without-icons] [--all-scripts] [--config FILE] [--plugins ID,ID,…]
#                     [--packer BINARY]
#
# It contains the plugins that FILE names, a plugins.toml as for `badgesmith serve --config`; without --config, those of
# the repository's plugins.toml; with --plugins, of these the ones with the ids in the list. It draws text in Latin,
# Greek, Cyrillic, Hebrew and Arabic script, and with --all-scripts in every script of DejaVu Sans. --packer names a
# badgesmith binary of the same commit that collects the plugins; without it, one is built.
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

fail() { printf 'package.sh: %s\n' "$*" >&2; exit 1; }

case "$(uname -m)" in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) fail "Lambda runs x86_64 and arm64; this machine is $(uname -m)" ;;
esac
arch=$machine
config=plugins.toml
listed=
packer=
features=()
while [ $# -gt 0 ]; do
  case "$1" in
    --arch) arch=${2:?--arch needs x86_64 or arm64}; shift ;;
    --config)
      config=${2:?--config needs a file}
      # Relative to the caller's working folder.
      [ "${config#/}" != "$config" ] || config=$caller/$config
      shift
      ;;
    --plugins)
      listed=${2:?--plugins needs ids, such as nuget,github}
      shift
      ;;
    --packer)
      packer=${2:?--packer needs a badgesmith binary}
      [ "${packer#/}" != "$packer" ] || packer=$caller/$packer
      shift
      ;;
    --without-icons) features+=(--no-default-features) ;;
    --all-scripts) features+=(--features scripts) ;;
    *) fail "unknown argument $1; there are --arch, --without-icons, --all-scripts, --config, --plugins and --packer" ;;
  esac
  shift
done
[ "$arch" = x86_64 ] || [ "$arch" = arm64 ] || fail "--arch is x86_64 or arm64, not $arch"
# `plugin pack` loads every plugin to read its manifest, so a package can only be built for this machine's architecture.
[ "$arch" = "$machine" ] || fail "this machine makes $machine packages; .github/workflows/deploy.yml makes both"
[ -f "$config" ] || fail "there is no $config"

# The repository's libraries that the package needs: all, or those of the listed plugins.
libraries=(nuget github test-results coverage values services)
only=()
if [ -n "$listed" ]; then
  # Rows with an id and the name of its library; a plugin in TOML has no library.
  rows=$(awk '
    function value(line) { sub(/^[^"]*"/, "", line); sub(/".*/, "", line); return line }
    /^\[/ { if (id) print id, library; id = library = ""; is_plugin = /^\[\[plugin\]\]/ }
    is_plugin && /^id *=/ { id = value($0) }
    is_plugin && /^library *=/ { library = value($0) }
    END { if (id) print id, library }' "$config")
  for id in ${listed//,/ }; do
    grep -q "^$id " <<<"$rows" ||
      fail "there is no plugin $id in $config; there are $(cut -d ' ' -f 1 <<<"$rows" | xargs)"
  done
  needed=$(for id in ${listed//,/ }; do sed -n "s/^$id badgesmith_provider_//p" <<<"$rows"; done | tr _ - | sort -u)
  mapfile -t libraries < <(printf '%s\n' "${libraries[@]}" | grep -Fx "$needed" || true)
  only=(--plugins "$listed")
fi

.ci/tools package

# Without this, paths of this machine would be part of the bytes.
target=target/package
flags="--remap-path-prefix=$PWD=/badgesmith --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
# See there.
flags+=" -Clinker=$PWD/deploy/package-cc"
# The linker LLD merges functions with identical code.
[ "$arch" = x86_64 ] && flags+=" -Clink-arg=-Wl,--icf=all"
if [ ${#libraries[@]} -gt 0 ]; then
  CARGO_TARGET_DIR=$target \
    RUSTFLAGS="$flags" cargo build --profile lambda --locked "${libraries[@]/#/--package=badgesmith-provider-}"
fi
# Code for a fixed address needs no relocations, which would be 460 KB and would be applied at every start.
CARGO_TARGET_DIR=$target RUSTFLAGS="$flags" \
  cargo rustc --profile lambda --locked -p badgesmith-lambda --bin bootstrap "${features[@]}" -- \
  -Crelocation-model=static
# The plugins can be packed by any build of the command.
[ -n "$packer" ] || {
  CARGO_TARGET_DIR=target cargo build --locked -p badgesmith
  packer=target/debug/badgesmith
}

folder=$target/zip
rm -rf "$folder"
"$packer" plugin pack --config "$config" --libraries "$target/lambda" "${only[@]}" --out "$folder" \
  >/dev/null
cp "$target/lambda/bootstrap" "$folder/bootstrap"

# Amazon Linux 2023 has glibc 2.34. A program linked with a newer glibc runs there unless it calls a function that has a
# newer version.
programs=("$folder" '(' -name bootstrap -o -name '*.so' ')')
newest=$(find "${programs[@]}" -exec objdump -T {} + | grep -o 'GLIBC_2\.[0-9.]*' | sort -Vu | tail -n 1)
[ "$(printf '%s\nGLIBC_2.34\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.34 ] ||
  fail "the build needs $newest, and Lambda has GLIBC_2.34; build on Debian 12 or Amazon Linux 2023"

find "$folder" -type d -exec chmod 755 {} +
find "$folder" -type f -exec chmod 644 {} +
find "${programs[@]}" -exec chmod 755 {} +
find "$folder" -exec touch -d '1980-01-01 00:00:00 UTC' {} +
mkdir -p dist
archive=dist/badgesmith-lambda-$arch.zip
rm -f "$archive"
(cd "$folder" && find . -type f -printf '%P\n' | LC_ALL=C sort | TZ=UTC zip -q -X -@ - ) >"$archive"
# It compresses better than zip: about 4 % fewer bytes.
advzip -z -4 -q "$archive"

# The list of files with their checksums, for those who deploy the package.
commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
row() {
  printf '    { "path": "%s", "sha256": "%s", "bytes": %s }' \
    "$1" "$(sha256sum <"$2" | cut -d ' ' -f 1)" "$(stat -c %s "$2")"
}
{
  printf '{\n  "version": "%s",\n  "commit": "%s",\n  "arch": "%s",\n  "files": [\n' "$version" "$commit" "$arch"
  row "${archive#dist/}" "$archive"
  (cd "$folder" && find . -type f -printf '%P\n' | LC_ALL=C sort) | while read -r name; do
    printf ',\n'
    row "$name" "$folder/$name"
  done
  printf '\n  ]\n}\n'
} >dist/manifest.json
printf '%s: %s bytes, %s\n' "$archive" "$(stat -c %s "$archive")" "$(sha256sum <"$archive" | cut -d ' ' -f 1)"
