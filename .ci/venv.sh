# shellcheck shell=bash
# To be sourced. `venv NAME` prints the path of the Python environment target/venv/NAME, which it makes from
# requirements/NAME.txt beside this file if that has changed. There are three, because their tools need different
# versions of the same libraries.

venv() {
  local here place want
  here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
  place="$here/../target/venv/$1"
  want="$here/requirements/$1.txt"
  if ! cmp -s "$want" "$place/installed.txt"; then
    # `set -e` has no effect inside $(venv NAME), so each command is checked.
    rm -rf "$place" && python3 -m venv "$place" &&
      "$place/bin/pip" install -q --no-compile --disable-pip-version-check -r "$want" &&
      cp "$want" "$place/installed.txt" || return 1
  fi
  (cd "$place" && pwd)
}
