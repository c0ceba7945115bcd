#!/usr/bin/env bash
# Tests deploy/install.sh with archives whose program is a script, from a folder and over HTTP on loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
server=
end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$place"
}
trap end EXIT
count=0 status=0 said=''

# Stubs determine the platform and the available tools.
mkdir "$place/bin" "$place/files"
for command in awk cat cmp cp cut dirname env gzip ln ls mkdir mktemp mv readlink rm sh tar tr sha256sum curl; do
  ln -s "$(type -P "$command")" "$place/bin/$command"
done
# machine SYSTEM MACHINE: what uname says.
machine() {
  # shellcheck disable=SC2016  # The stub has arguments of its own.
  printf '#!/bin/sh\ncase "$1" in -s) echo %s ;; -m) echo %s ;; esac\n' "$1" "$2" >"$place/bin/uname"
  chmod 755 "$place/bin/uname"
}
machine Linux x86_64

# release VERSION PLUGINS: makes both archives of a version, whose plugins.toml has these words.
release() {
  local kind name
  for kind in '' client-; do
    name=badgesmith-$kind$1-x86_64-unknown-linux-gnu
    mkdir -p "$place/$name"
    printf '#!/bin/sh\necho badgesmith %s%s\n' "$kind" "$1" >"$place/$name/badgesmith"
    chmod 755 "$place/$name/badgesmith"
    echo "$2" >"$place/$name/plugins.toml"
    tar -czf "$place/files/$name.tar.gz" -C "$place" "$name"
    rm -r "${place:?}/$name"
  done
  (cd "$place/files" && sha256sum -- *.tar.gz >SHA256SUMS)
}
release 1.0.0 first
release 1.1.0 second

# run ARGUMENT…: runs install.sh. Its exit code is in `status` then, its output in `said`.
run() {
  status=0
  said=$(env -i "PATH=$place/bin" "$place/bin/sh" deploy/install.sh "$@" 2>&1) || status=$?
}
# holds SENTENCE COMMAND…: fails the test with SENTENCE unless COMMAND succeeds.
holds() {
  local sentence=$1
  shift
  "$@" || { printf 'not so: %s\nstatus %s\n%s\n' "$sentence" "$status" "$said" >&2; exit 1; }
  count=$((count + 1))
}
says() { [[ "$said" == *"$1"* ]]; }
refused() { [ "$status" = 1 ] && says "$1"; }
has() { [ "$(cat "$1")" = "$2" ]; }

to=$place/to files=$place/files current=$place/to/current
run --version 1.0.0 --to "$to" --from "$files" --client
holds "the client is one program" has <("$to/badgesmith") "badgesmith client-1.0.0"
holds "nothing but the program is there" has <(ls -A "$to") "badgesmith"
run --version v1.1.0 --to "$to" --from "$files" --client
holds "a newer client takes its place" has <("$to/badgesmith") "badgesmith client-1.1.0"

run --version 1.0.0 --to "$to" --from "$files"
holds "the server is where the link leads" has <("$current/badgesmith") "badgesmith 1.0.0"
holds "it says what to run" says "$to/current/badgesmith serve"
run --version 1.1.0 --to "$to" --from "$files"
holds "a newer server has its own plugins.toml if nobody changed the old one" has "$current/plugins.toml" second
run --version 1.0.0 --to "$to" --from "$files"
holds "the version before is still there" has <("$current/badgesmith") "badgesmith 1.0.0"
rm -r "$to/badgesmith-1.1.0-x86_64-unknown-linux-gnu"
echo mine >"$current/plugins.toml"
mkdir "$current/plugins.d" && echo more >"$current/plugins.d/more.toml"
run --version 1.1.0 --to "$to" --from "$files"
holds "a plugins.toml that was changed is taken over" has "$current/plugins.toml" mine
holds "plugins.d is taken over" has "$current/plugins.d/more.toml" more
holds "the shipped one is beside it" has "$current/plugins.toml.shipped" second
holds "it says that, and where to look" says "$to/badgesmith-1.1.0-x86_64-unknown-linux-gnu/plugins.toml.shipped"

cp -R "$files" "$place/wrong"
printf 'x' >>"$place/wrong/badgesmith-1.0.0-x86_64-unknown-linux-gnu.tar.gz"
run --version 1.0.0 --to "$place/none" --from "$place/wrong"
holds "an archive with another checksum is refused" refused "nothing was installed"
holds "and nothing is left of it" has <(ls -A "$place/none") ""
sed -i '/client-1.0.0/d' "$place/wrong/SHA256SUMS"
run --version 1.0.0 --to "$place/none" --from "$place/wrong" --client
holds "an archive without a checksum is refused" refused "the release has no badgesmith-client-1.0.0"
run --version 9.9.9 --to "$place/none" --from "$files"
holds "a version that is not there is refused" refused "the release has no badgesmith-9.9.9"
run --version 1.0.0 --to "$place/none" --from "$place/nothing"
holds "a folder that is not there is refused" refused "there is no folder"
run --version 1.0.0 --to "$place/none"
holds "without a repository it asks for one" refused "BADGESMITH_REPOSITORY=OWNER/NAME"
run --version 1.0.0 --to "$place/none" --from http://releases.example
holds "an address without TLS is refused" refused "an https address"
run --version 1.0.0 --from "$files"
holds "without a folder it asks for one" refused "say where"
run --version ../1 --to "$place/none" --from "$files"
holds "a path is no version" refused "is no version"
run --version 1.0.0 --to "$to" --from "$files" --clinet
holds "an unknown argument is refused" refused "unknown argument --clinet"

machine Linux riscv64
run --version 1.0.0 --to "$to" --from "$files"
holds "a machine without an archive is refused" refused "there is no archive for riscv64"
machine FreeBSD amd64
run --version 1.0.0 --to "$to" --from "$files"
holds "a system without an archive is refused" refused "there is no installation on FreeBSD"
machine Darwin arm64
run --version 1.0.0 --to "$to" --from "$files"
holds "macOS has a name of its own" refused "the release has no badgesmith-1.0.0-aarch64-apple-darwin.tar.gz"
machine Linux x86_64

python3 -u -m http.server --bind 127.0.0.1 --directory "$files" 0 >"$place/http" 2>/dev/null &
server=$!
for _ in $(seq 100); do
  port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$place/http")
  [ -z "$port" ] || break
  sleep 0.1
done
run --version 1.0.0 --to "$place/curl" --from "http://127.0.0.1:$port/" --client
holds "curl fetches it" has <("$place/curl/badgesmith") "badgesmith client-1.0.0"
run --version 1.0.0 --to "$place/none" --from "http://127.0.0.1:$port/v1.0.0" --client
holds "an address without a release is refused" refused "is 1.0.0 a release?"
rm "$place/bin/curl"
run --version 1.0.0 --to "$place/none" --from "http://127.0.0.1:$port" --client
holds "without curl and wget it says so" refused "neither curl nor wget"
if wget=$(type -P wget); then
  ln -s "$wget" "$place/bin/wget"
  run --version 1.0.0 --to "$place/wget" --from "http://127.0.0.1:$port" --client
  holds "wget fetches it" has <("$place/wget/badgesmith") "badgesmith client-1.0.0"
fi
rm "$place/bin/sha256sum"
run --version 1.0.0 --to "$place/none" --from "$files"
holds "without sha256sum and shasum it says so" refused "neither sha256sum nor shasum"
if shasum=$(type -P shasum); then
  printf '#!/bin/sh\nexec %s "$@"\n' "$shasum" >"$place/bin/shasum"
  chmod 755 "$place/bin/shasum"
  ln -s "$(type -P perl)" "$place/bin/perl"
  run --version 1.0.0 --to "$place/shasum" --from "$files" --client
  holds "shasum will do" has <("$place/shasum/badgesmith") "badgesmith client-1.0.0"
fi
rm "$place/bin/tar"
run --version 1.0.0 --to "$place/none" --from "$files"
holds "without tar it says so" refused "there is no tar on PATH"
echo "install.sh: $count cases are as they should be"
