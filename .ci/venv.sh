# shellcheck shell=bash
# Sourced: `venv NAME` makes target/venv/NAME from requirements/NAME.txt beside this file, unless it is there already.
# Each of the three has its own, because they ask for different versions of the same libraries.

venv() {
  local here place want
  here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
  place="$here/../target/venv/$1"
  want="$here/requirements/$1.txt"
  if ! cmp -s "$want" "$place/installed.txt"; then
    # One after the other: `set -e` does not reach into $(venv NAME).
    rm -rf "$place" && python3 -m venv "$place" &&
      "$place/bin/pip" install -q --no-compile --disable-pip-version-check -r "$want" &&
      cp "$want" "$place/installed.txt" || return 1
  fi
  (cd "$place" && pwd)
}
