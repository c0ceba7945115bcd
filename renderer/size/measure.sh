#!/bin/sh
# Prints the size of a minimal program that draws a badge, for several sets of the renderer's features: bytes of the
# file, and bytes of the compressed file.
set -eu
cd "$(dirname "$0")"
for features in "" faces scripts icons faces,png faces,png,raster-logos faces,png,added-faces scripts,icons,png; do
  cargo build --quiet --release --features "$features"
  file=target/release/badgesmith-renderer-size
  printf '%-22s %9d bytes %9d zipped\n' "${features:-none}" "$(wc -c <"$file")" "$(gzip -9 <"$file" | wc -c)"
done
