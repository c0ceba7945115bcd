#!/usr/bin/env bash
# Tests .ci/tools: if it is not root it calls apt-get through sudo, and if it cannot install something it says what and
# fails.
#
# It runs with a PATH of its own that has none of the tools it looks for. sudo, apt-get, cargo and id are stubs there,
# which log their arguments. If this test runs as root, the cases for users run as the user nobody.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
count=0

# Sets up a case: no tools but the shell's, and a stub of apt-get that makes the commands that it installs.
fresh() {
  rm -rf "${place:?}"/*
  # A copy, because the user nobody may not be permitted to read the repository's folder.
  mkdir -p "$place/bin" "$place/repository/.ci"
  cp .ci/tools "$place/repository/.ci/"
  cp Cargo.toml "$place/repository/"
  for command in awk bash cat chmod cut dirname echo env head id mkdir sed sort touch xargs; do
    ln -s "$(type -P "$command")" "$place/bin/$command"
  done
  stub apt-get "case \"\$*\" in *install*)
      for name in zip advzip objdump cc c++ nm; do touch '$place/bin/'\$name; chmod 755 '$place/bin/'\$name; done ;;
    esac"
  stub cargo 'echo cargo 1.999.0'
  : >"$place/asked"
  # The user nobody writes to it.
  chmod -R a+rwX "$place"
}

# stub NAME BODY: a command that logs its arguments and then runs BODY.
stub() {
  printf '#!/bin/bash\nprintf "%%s %%s\\n" %s "$*" >>%s/asked\n%s\n' "$1" "$place" "$2" >"$place/bin/$1"
  chmod 755 "$place/bin/$1"
}

sudo_works() { stub sudo '"$@"'; }

# run SET…: runs .ci/tools as a user who is not root. Its exit code is in `status` then, its output in `said`.
run() {
  local as=()
  [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  status=0
  said=$("${as[@]}" env -i "PATH=$place/bin" "HOME=$place" /bin/bash "$place/repository/.ci/tools" "$@" 2>&1) ||
    status=$?
}

# holds SENTENCE COMMAND…: fails the test with SENTENCE unless COMMAND succeeds.
holds() {
  local sentence=$1
  shift
  if ! "$@"; then
    printf 'not so: %s\nstatus %s\n%s\nasked:\n%s\n' "$sentence" "$status" "$said" "$(cat "$place/asked")" >&2
    exit 1
  fi
  count=$((count + 1))
}
says() { [[ "$said" == *"$1"* ]]; }
# asked PATTERN COUNT: fails unless sudo and apt-get were called that often with matching arguments.
asked() { [ "$(grep -v '^cargo ' "$place/asked" | grep -c "$1")" = "$2" ]; }
called() { [ "$(grep "^$1 " "$place/asked" | grep -c "$2")" = "$3" ]; }

fresh; sudo_works; run package
holds "whoever is not root installs with sudo" [ "$status" = 0 ]
holds "the list of packages is fetched once" asked '^apt-get -qq update' 1
holds "everything is installed at once" asked '^apt-get .* install -y .* build-essential binutils zip advancecomp$' 1
holds "apt-get is asked by sudo alone" asked '^sudo .*apt-get' 2
run package
holds "what is there is not installed again" asked '^apt-get' 2

fresh; sudo_works; run package build
holds "two sets are one installation" asked '^apt-get .* install' 1
holds "and one fetching of the list" asked '^apt-get -qq update' 1

fresh; run package
holds "without sudo it fails" [ "$status" != 0 ]
holds "and says what is missing" says "missing: advzip cc objdump zip"
holds "and how to install it" \
  says "as root: apt-get update && apt-get install -y --no-install-recommends build-essential"
holds "and asks nobody" asked . 0

fresh; stub sudo 'echo "a password is required" >&2; exit 1'; run package
holds "a sudo that refuses is a failure" [ "$status" != 0 ]
holds "and nothing is tried after it" asked . 1

fresh; sudo_works; stub apt-get 'case "$*" in *update*) exit 100 ;; esac'; run package
holds "a list that cannot be fetched is a failure" [ "$status" != 0 ]
holds "and nothing is installed after it" asked '^apt-get .*install' 0

fresh; sudo_works; stub apt-get 'case "$*" in *install*) exit 100 ;; esac'; run package
holds "a failed installation is a failure" [ "$status" != 0 ]
holds "and is said in words" says "apt-get install failed"

fresh; sudo_works; stub apt-get ''; run package
holds "a package without what was looked for is a failure" [ "$status" != 0 ]
holds "and is named" says "there is still no"

fresh; rm "$place/bin/apt-get"; sudo_works; run package
holds "without apt-get it fails" [ "$status" != 0 ]
holds "and names the packages" says "build-essential binutils zip advancecomp"

fresh; rm "$place/bin/id"; stub id 'echo 0'; run package
holds "root needs no sudo" [ "$status" = 0 ]
holds "and asks for the same" asked '^apt-get .* install -y .* build-essential binutils zip advancecomp$' 1

fresh; sudo_works; stub cargo 'echo cargo 1.2.0'; run package
holds "a toolchain that is too old is a failure" [ "$status" != 0 ]
holds "with what to do about it" says "rustup update"

fresh; sudo_works; run cargo; run cargo
holds "subcommands of cargo are installed" [ "$status" = 0 ]
holds "once, each in the version that is named" \
  called cargo '^cargo install .* cargo-deny@[0-9.]* cargo-hack@[0-9.]*$' 1

fresh; sudo_works; stub cargo "[ \"\$1\" = --version ] && echo cargo 1.999.0"; run cargo
holds "a subcommand that cannot be built is a failure" [ "$status" != 0 ]
holds "and is named" says "could not install cargo-deny"

fresh; sudo_works; run sewing
holds "a set that does not exist is a failure" [ "$status" != 0 ]
holds "and those that do are named" says "package"

echo ".ci/tools: $count sentences hold"
