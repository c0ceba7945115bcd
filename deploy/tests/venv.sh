# Sourced: `venv NAME` makes target/venv/NAME from requirements-NAME.txt beside this file, unless it is there already.
# Each of the three has its own, because they ask for different versions of the same libraries.

# Debian has the module without what it needs.
python3 -c 'import ensurepip, venv' 2>/dev/null || {
  apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv
}

venv() {
  local here place want
  here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
  place="$here/../../target/venv/$1"
  want="$here/requirements-$1.txt"
  if ! cmp -s "$want" "$place/installed.txt"; then
    rm -rf "$place"
    python3 -m venv "$place"
    "$place/bin/pip" install -q --no-compile --disable-pip-version-check -r "$want"
    cp "$want" "$place/installed.txt"
  fi
  (cd "$place" && pwd)
}
