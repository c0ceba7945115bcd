#!/usr/bin/env bash
# Makes the small font files in this folder from the whole ones: Latin, Greek, Cyrillic, Hebrew, Arabic, punctuation,
# currency signs, arrows, mathematics, and the symbols that badges commonly use. Needs fonttools 4.60 or newer
# (`pyftsubset`).
set -euo pipefail
cd "$(dirname "$0")"
letters=U+0020-024F,U+0259,U+02B0-03FF,U+0400-04FF,U+0590-06FF,U+1E00-1EFF,U+FB00-FB06,U+FB1D-FBFF,U+FE70-FEFF
signs=U+2000-23FF,U+2580-25FF,U+FFFD
symbols=U+2600-2606,U+260E,U+2610-2612,U+2615,U+2620,U+2622-2623,U+2639-263C,U+2660-2667,U+266A-266B,U+2690-2691,U+2699,\
U+26A0-26A1,U+2708-2709,U+270E,U+2713-2718,U+2733-2734,U+2744,U+2756,U+2763-2764,U+2794,U+279C,U+27A1,U+2B05-2B07
for face in DejaVuSans DejaVuSans-Bold; do
  pyftsubset "../$face.ttf" --unicodes="$letters,$signs,$symbols" --no-hinting --layout-features= --legacy-kern \
    --no-glyph-names --drop-tables+=FFTM,GDEF,GSUB,GPOS,MATH,cvt,fpgm,gasp,prep --no-recalc-timestamp \
    --output-file="$face.ttf"
done
