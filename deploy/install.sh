#!/bin/sh
# Installs a release of BadgeSmith on Linux (glibc) or macOS. It needs a shell, tar, curl or wget, and sha256sum or shasum.
#
#   sh install.sh --version VERSION --to DIR [--from URL_OR_DIR] [--client]
#
# The archive and SHA256SUMS come from --from, the folder or the address where the release's files are; by default from
# the release on GitHub. Nothing is unpacked unless the archive has the checksum that SHA256SUMS lists.
#
# With --client it puts one program into DIR: DIR/badgesmith. Without, it unpacks the server into
# DIR/badgesmith-VERSION-TARGET and then points the link DIR/current to it. A plugins.toml that was changed and the folder
# plugins.d are taken over from the version that DIR/current was before. Either step is a rename, so that a failure leaves
# what was installed before.
set -eu

# Owner and name at GitHub. The copy of this script among a release's files has its own repository here.
repository=${BADGESMITH_REPOSITORY:-}

fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

usage='sh install.sh --version VERSION --to DIR [--from URL_OR_DIR] [--client]'
version='' to='' from='' kind=''
while [ $# -gt 0 ]; do
  case "$1" in
    --client) kind=client- ;;
    --version | --to | --from)
      [ $# -gt 1 ] || fail "$1 needs a value: $usage"
      case "$1" in --version) version=${2#v} ;; --to) to=$2 ;; --from) from=$2 ;; esac
      shift
      ;;
    *) fail "unknown argument $1: $usage" ;;
  esac
  shift
done
[ -n "$version" ] || fail "say which version: $usage"
[ -n "$to" ] || fail "say where: $usage"
case "$version" in *[!0-9A-Za-z.+-]*) fail "$version is no version; write one such as 1.2.3" ;; esac
case "$to" in /*) ;; *) to=$PWD/$to ;; esac
if [ -z "$from" ]; then
  [ -n "$repository" ] ||
    fail "set BADGESMITH_REPOSITORY=OWNER/NAME to the project's repository at GitHub, or say --from URL_OR_DIR"
  from=https://github.com/$repository/releases/download/v$version
fi

have() { command -v "$1" >/dev/null 2>&1; }
for tool in uname tar gzip awk mktemp readlink; do
  have "$tool" || fail "there is no $tool on PATH; install it"
done

# The platform, as the names of archives spell it.
system=$(uname -s) machine=$(uname -m)
case "$system" in
  Linux) suffix=unknown-linux-gnu ;;
  Darwin) suffix=apple-darwin ;;
  *) fail "there is no installation on $system; unpack the archive by hand, or build from source" ;;
esac
case "$machine" in
  x86_64 | amd64) target=x86_64-$suffix ;;
  aarch64 | arm64) target=aarch64-$suffix ;;
  *) fail "there is no archive for $machine; build from source" ;;
esac

if have sha256sum; then
  sum() { sha256sum "$1" | cut -d ' ' -f 1; }
elif have shasum; then
  sum() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
else
  fail "there is neither sha256sum nor shasum on PATH; install coreutils or perl"
fi

# get NAME FILE: fetches one of the release's files.
case "$from" in
  https://* | http://127.0.0.1[:/]* | http://localhost[:/]*)
    if have curl; then
      get() { curl --fail --silent --show-error --location --retry 3 --output "$2" "${from%/}/$1"; }
    elif have wget; then
      get() { wget -q -O "$2" "${from%/}/$1"; }
    else
      fail "there is neither curl nor wget on PATH; install one, or fetch the files and say --from DIR"
    fi
    ;;
  *://*) fail "--from is a folder or an https address; anything else could be changed on its way" ;;
  *)
    [ -d "$from" ] || fail "there is no folder $from"
    get() { cp "$from/$1" "$2"; }
    ;;
esac

name=badgesmith-$kind$version-$target
archive=$name.tar.gz
mkdir -p "$to" || fail "$to cannot be made; say another folder with --to, or run this as root"
# On the same file system as the destination, so that a rename is enough.
work=$(mktemp -d "$to/.install.XXXXXX") || fail "$to cannot be written to; say another folder with --to, or run this as root"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

get SHA256SUMS "$work/SHA256SUMS" || fail "$from has no SHA256SUMS; is $version a release?"
expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$work/SHA256SUMS")
[ -n "$expected" ] || fail "the release has no $archive; SHA256SUMS lists $(awk '{ print $2 }' "$work/SHA256SUMS" | tr '\n' ' ')"
get "$archive" "$work/$archive" || fail "$archive could not be fetched from $from"
found=$(sum "$work/$archive")
[ "$found" = "$expected" ] ||
  fail "$archive has the checksum $found, and SHA256SUMS says $expected: it is damaged or not the release's; nothing was installed"
tar -xzf "$work/$archive" -C "$work" || fail "$archive could not be unpacked into $to; is there room?"
"$work/$name/badgesmith" --version >"$work/version" ||
  fail "the program does not run here, see above; on Linux it needs glibc 2.28 or newer, which musl (Alpine) is not"

if [ -n "$kind" ]; then
  mv -f "$work/$name/badgesmith" "$to/badgesmith"
  echo "installed $(cat "$work/version") as $to/badgesmith"
  echo "Next: $to/badgesmith report --server https://badges.example.com 'reports/**/*.xml'"
  exit
fi

before=$(readlink "$to/current" || true)
if [ -d "$to/$name" ]; then
  echo "$to/$name is there already and stays as it is; remove it to have it unpacked again"
else
  cp "$work/$name/plugins.toml" "$work/$name/plugins.toml.shipped"
  if [ -n "$before" ] && [ -d "$to/$before" ]; then
    if ! cmp -s "$to/$before/plugins.toml" "$to/$before/plugins.toml.shipped"; then
      cp -p "$to/$before/plugins.toml" "$work/$name/plugins.toml"
      echo "plugins.toml of $before was changed and is taken over; what the release changed in it:"
      echo "  diff $to/$before/plugins.toml.shipped $to/$name/plugins.toml.shipped"
    fi
    [ ! -d "$to/$before/plugins.d" ] || cp -Rp "$to/$before/plugins.d" "$work/$name/plugins.d"
  fi
  mv "$work/$name" "$to/$name"
fi
ln -s "$name" "$work/current"
# Not every mv has both options. Without either, the new link would be moved into the folder that the old link points
# to.
mv -Tf "$work/current" "$to/current" 2>/dev/null || mv -hf "$work/current" "$to/current" ||
  fail "$to/current could not be renamed; by hand: ln -sfn $name $to/current"
echo "installed $(cat "$work/version") in $to/$name; $to/current leads to it"
[ -z "$before" ] || [ "$before" = "$name" ] || echo "$to/$before is the version before; remove it when you like"
echo "Next: $to/current/badgesmith serve, or $to/current/badgesmith.service, whose first lines say how to start at boot"
