#!/usr/bin/env bash
# Makes the file system of the container in the folder DIR: deploy/container/rootfs.sh target/release DIR
set -euo pipefail
built=${1:?the folder of the release build}
root=${2:?the folder to make}
here=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$root/data" "$root/tmp"
"$built/badgesmith" plugin pack --config "$here/plugins.toml" --out "$root/pack" >/dev/null
mv "$root/pack/plugins.toml" "$root/pack/plugins" "$root/"
# A server reads plugins.toml itself.
rm "$root/pack/plugins.packed"
rmdir "$root/pack"
cp "$built/badgesmith" "$root/badgesmith"
# The shared libraries, at the paths where the dynamic linker finds them. Since 2.34, glibc needs no further library to
# resolve host names.
ldd "$root/badgesmith" "$root"/plugins/*.so | grep -o '/[^ ]*' | grep -v ':$' | sort -u | while read -r library; do
  case "$library" in "$root"/*) continue ;; esac
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
mkdir -p "$root/etc"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'badgesmith:x:65532:65532::/data:/nonexistent\n' >"$root/etc/passwd"
chown 65532:65532 "$root/data" "$root/tmp" 2>/dev/null || true
