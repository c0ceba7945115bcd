#!/usr/bin/env bash
# Tests the container's file system without a container: makes it, runs the server in it as the container's user with
# chroot, and requests badges.
#
#   deploy/container/test.sh target/release
set -euo pipefail
built=${1:?the folder of the release build}
cd "$(dirname "$0")/../.."
root=$(mktemp -d)
server=
end() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$root"
}
trap end EXIT

deploy/container/rootfs.sh "$built" "$root"
PATH=$PATH:/usr/sbin:/sbin
status=0
chroot "$root" /badgesmith --version >/dev/null || status=$?
if [ "$status" = 125 ]; then
  # chroot itself failed. That needs root, and not every root is permitted to do it.
  echo "the file system was made, but this user is not permitted to chroot into it" >&2
  exit
fi
test "$status" = 0
chmod 755 "$root"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin BADGESMITH_LISTEN=127.0.0.1:0 BADGESMITH_DATA=/data \
  chroot --userspec=65532:65532 "$root" /badgesmith serve >"$root/said" 2>"$root/log" &
server=$!
for _ in $(seq 100); do
  address=$(sed -n 's|.*\(http://127[0-9.:]*\).*|\1|p' "$root/said" | head -n 1)
  [ -z "$address" ] || break
  kill -0 "$server" || { cat "$root/log" >&2; exit 1; }
  sleep 0.1
done
ask() { curl --silent --show-error --fail "$address$1"; }
ask /badge/hello-world-blue.svg | grep -q '<title>hello: world</title>'
ask /badge/hello-world-blue.png | head -c 8 | grep -q PNG
ask '/health?deep=1' | grep -q '"nuget"'
test -s "$root/data/store.redb"
# The server's user may write to its data and to /tmp only.
test -z "$(find "$root" -user 65532 ! -path "$root/data*" ! -path "$root/tmp*" ! -path "$root/said" \
  ! -path "$root/log")"
echo "the container serves from $(du -sh "$root" | cut -f 1)"
