#!/usr/bin/env bash
# Tests that a server uses no system call that the systemd unit forbids: syscalls.sh PROGRAM
#
# strace lists the calls of a server that starts, draws, stores a secret and stops. Without strace nothing is tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:?the program}
command -v strace >/dev/null || { echo "syscalls.sh: there is no strace, so nothing was tested" >&2; exit; }
place=$(mktemp -d)
traced=
end() {
  [ -z "$traced" ] || kill "$traced" 2>/dev/null || true
  rm -rf "$place"
}
trap end EXIT

strace -f -o "$place/calls" "$program" serve --listen 127.0.0.1:0 --data "$place/data" >"$place/said" 2>"$place/log" &
traced=$!
for _ in $(seq 200); do
  address=$(grep -oE 'http://127[0-9.:]*' "$place/said" | head -n 1) || true
  [ -z "$address" ] || break
  kill -0 "$traced" || { cat "$place/log" >&2; exit 1; }
  sleep 0.1
done
curl --silent --fail --output /dev/null "$address/badge/hello-world-blue.png"
curl --silent --fail --output /dev/null "$address/metrics"
curl --silent --output /dev/null "$address/badges/tests/linux/acme/tools/main.svg"
# The server is strace's child, and a signal to strace would detach it.
kill "$(sed -n '1s/ .*//p' "$place/calls")"
wait "$traced" || true
traced=

# members NAME…: the calls of sets, which may contain sets.
members() {
  systemd-analyze syscall-filter --no-pager "$@" | sed -n 's/^    \([a-z0-9_@-]*\)$/\1/p' | while read -r name; do
    case "$name" in @*) members "$name" ;; *) echo "$name" ;; esac
  done
}
members @system-service | sort -u >"$place/allowed"
read -r -a forbidden < <(sed -n 's/^SystemCallFilter=~//p' deploy/badgesmith.service)
members "${forbidden[@]}" | sort -u >"$place/forbidden"
sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$place/calls" | sort -u >"$place/used"
wrong=$(comm -23 "$place/used" <(comm -23 "$place/allowed" "$place/forbidden"))
[ -z "$wrong" ] || { echo "the unit forbids, and the server uses: $wrong" >&2; exit 1; }
echo "syscalls.sh: the unit allows all $(wc -l <"$place/used") system calls that a server uses"
