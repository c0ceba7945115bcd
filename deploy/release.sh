#!/usr/bin/env bash
# Makes this machine's archives of a release in the folder DIR. The same commit gives the same bytes.
#
#   deploy/release.sh [--target TRIPLE] [--profile dist] [--glibc 2.28] [--out DIR]
#
#   badgesmith-VERSION-TARGET.tar.gz         the command with all plugins, plugins.toml, a systemd unit, the documents
#   badgesmith-client-VERSION-TARGET.tar.gz  the commands report, readme and render, for CI jobs
#   NAME.spdx.json                           what each archive consists of, as SPDX 2.3
#   SHA256SUMS                               the checksums of all of them
#
# For Windows the archives are .zip. With --glibc, Linux programs are linked for an older version of glibc than that of
# this machine, by cargo-zigbuild; without it they may need glibc 2.34 at most. The profile `release` is built faster and
# is for tests on this machine: it may need its glibc.
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

fail() { printf 'release.sh: %s\n' "$*" >&2; exit 1; }

profile=dist
target=$(rustc -vV | sed -n 's/^host: //p')
out=dist/release
glibc=
while [ $# -gt 0 ]; do
  case "$1" in
    --target) target=${2:?--target needs a triple, as rustc names it}; shift ;;
    --profile) profile=${2:?--profile needs dist or release}; shift ;;
    --glibc) glibc=${2:?--glibc needs a version, such as 2.28}; shift ;;
    --out)
      out=${2:?--out needs a folder}
      # Relative to the caller's working folder.
      case "$out" in /* | ?:*) ;; *) out=$caller/$out ;; esac
      shift
      ;;
    *) fail "unknown argument $1; there are --target, --profile, --glibc and --out" ;;
  esac
  shift
done
case "$profile" in dist | release) ;; *) fail "--profile is dist or release, not $profile" ;; esac
# The oldest glibc that programs may need: that of Amazon Linux 2023, RHEL 9 and all newer systems.
oldest_glibc=${glibc:-2.34}
program=badgesmith prefix=lib suffix=.so ending=.tar.gz
case "$target" in
  *-windows-*) program=badgesmith.exe prefix='' suffix=.dll ending=.zip ;;
  *-apple-*) suffix=.dylib ;;
  *-linux-gnu) command -v objdump >/dev/null || fail "there is no objdump; install binutils" ;;
  *) fail "there are no archives for $target" ;;
esac
[ -z "$glibc" ] || case "$target" in *-linux-gnu) ;; *) fail "--glibc is for Linux only" ;; esac
python=$(command -v python3 || command -v python) || fail "there is no python3; install it"

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
commit=${BADGESMITH_COMMIT:-$(git rev-parse HEAD)} || fail "this is no clone; set BADGESMITH_COMMIT"
seconds=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} || fail "this is no clone; set SOURCE_DATE_EPOCH"
if [ -n "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]; then
  echo "release.sh: some files differ from the commit, and so do the archives" >&2
fi

# Cargo's target folder, and the part of a path in it that names a target.
folder=target
of_target=
build=(cargo build)
if [ "$profile" = dist ]; then
  # Without this, paths of this machine would be part of the bytes.
  cargo_home=${CARGO_HOME:-$HOME/.cargo}
  export RUSTFLAGS="--remap-path-prefix=$PWD=/badgesmith --remap-path-prefix=$cargo_home=/cargo"
  folder=target/archives
fi
if [ -n "$glibc" ]; then
  command -v cargo-zigbuild >/dev/null ||
    fail "--glibc needs cargo-zigbuild; install what deploy/release/requirements.txt lists with pip"
  build=(cargo zigbuild --target "$target.$glibc")
  of_target=$target/
elif [ "$target" != "$(rustc -vV | sed -n 's/^host: //p')" ]; then
  build=(cargo build --target "$target")
  of_target=$target/
fi

# build PROFILE [FEATURE OPTION…]: builds the command, and sets `built` to the folder that it is in.
build() {
  built=$folder/$of_target$1
  CARGO_TARGET_DIR=$folder "${build[@]}" --locked --package badgesmith --profile "$@"
}

# needs_glibc FILE…: fails if a file needs a newer glibc than the archive promises.
needs_glibc() {
  local newest
  newest=$(objdump -T "$@" | grep -o 'GLIBC_2\.[0-9.]*' | sort -Vu | tail -n 1)
  [ "$(printf '%s\nGLIBC_%s\n' "$newest" "$oldest_glibc" | sort -V | tail -n 1)" = "GLIBC_$oldest_glibc" ] ||
    fail "the build needs $newest, and the archives are for glibc $oldest_glibc; say --glibc $oldest_glibc"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
rm -f "$out"/badgesmith-*.tar.gz "$out"/badgesmith-*.zip "$out"/badgesmith-*.spdx.json "$out/SHA256SUMS"

# fill FOLDER: puts into the folder what every archive has.
fill() {
  cp LICENSE LICENSE-APACHE LICENSE-MIT CHANGELOG.md "$1/"
}

# finish NAME [FEATURE OPTION…]: adds the licences of third parties to the folder NAME, packs it and lists its parts.
finish() {
  local name=$1
  shift
  "$python" deploy/release/licenses.py "$target" "$work/$name/THIRD-PARTY-LICENSES.txt" "$@"
  "$python" deploy/release/sbom.py "$name" "$target" "$commit" "$seconds" "$out/$name.spdx.json" "$@"
  "$python" deploy/release/pack.py "$work/$name" "$out/$name$ending" "$seconds"
}

# The client has a profile of its own, because it is to be small.
client_profile=client
[ "$profile" = dist ] || client_profile=$profile
client=badgesmith-client-$version-$target
mkdir "$work/$client" "$work/$client/docs"
build "$client_profile" --no-default-features
cp "$built/$program" "$work/$client/"
fill "$work/$client"
cp deploy/release/CLIENT.md "$work/$client/README.md"
cp docs/reporting.md docs/readme-command.md "$work/$client/docs/"

server=badgesmith-$version-$target
mkdir "$work/$server" "$work/$server/plugins"
build "$profile"
cp "$built/$program" "$work/$server/"
fill "$work/$server"
cp README.md SECURITY.md plugins.toml deploy/badgesmith.service "$work/$server/"
cp -R docs "$work/$server/docs"
# plugins.toml names libraries without a path, which are searched in plugins/, and TOML files by their path from it.
grep '^library = ' plugins.toml | cut -d '"' -f 2 | sort -u | while read -r name; do
  cp "$built/deps/$prefix$name$suffix" "$work/$server/plugins/"
done
grep '^declarative = ' plugins.toml | cut -d '"' -f 2 | sort -u | while read -r name; do
  mkdir -p "$work/$server/$(dirname "$name")"
  cp "$name" "$work/$server/$name"
done

case "$target" in
  *-linux-gnu) [ "$profile" = release ] || needs_glibc "$work/$client/badgesmith" "$work/$server/badgesmith" "$work/$server/plugins/"*.so ;;
esac
finish "$client" --no-default-features
finish "$server"
"$python" deploy/release/sums.py "$out"
(cd "$out" && ls -l)
