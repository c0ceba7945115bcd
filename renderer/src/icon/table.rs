//! The table of compressed icons. `icons/make.mjs` writes the file and documents its format.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

static BYTES: &[u8] = include_bytes!("../../icons/simple-icons.bin");
const LEN: usize = u16::from_le_bytes([BYTES[0], BYTES[1]]) as usize;
const SLUG_ENDS: usize = 2;
const DRAWING_ENDS: usize = SLUG_ENDS + 2 * LEN;
const COLORS: usize = DRAWING_ENDS + 4 * LEN;
const SLUGS: usize = COLORS + 3 * LEN;
const DRAWINGS: usize = SLUGS + slug_end(LEN - 1);

/// The most bytes of a decompressed drawing: four times the longest one today.
const MAX_DRAWING_BYTES: usize = 256 * 1024;

const fn slug_end(index: usize) -> usize {
    let at = SLUG_ENDS + 2 * index;
    u16::from_le_bytes([BYTES[at], BYTES[at + 1]]) as usize
}

/// How many icons there are.
pub(super) const fn len() -> usize {
    LEN
}

/// The index of the icon with this slug.
pub(super) fn find(name: &str) -> Option<usize> {
    let (mut from, mut to) = (0, LEN);
    while from < to {
        let middle = from.midpoint(to);
        match slug(middle)?.cmp(name) {
            std::cmp::Ordering::Less => from = middle + 1,
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Greater => to = middle,
        }
    }
    None
}

pub(super) fn slug(index: usize) -> Option<&'static str> {
    let (from, to) = range(index, |index| number::<2>(SLUG_ENDS, index))?;
    str::from_utf8(BYTES.get(SLUGS + from..SLUGS + to)?).ok()
}

pub(super) fn color(index: usize) -> Option<[u8; 3]> {
    (index < LEN).then(|| BYTES.get(COLORS + 3 * index..)?.first_chunk().copied())?
}

/// The bounds of the icon's shape, a newline, and its path.
pub(super) fn drawing(index: usize) -> Option<String> {
    let (from, to) = range(index, |index| number::<4>(DRAWING_ENDS, index))?;
    let deflated = BYTES.get(DRAWINGS + from..DRAWINGS + to)?;
    String::from_utf8(decompress_to_vec_with_limit(deflated, MAX_DRAWING_BYTES).ok()?).ok()
}

/// The range from the end of the previous item to the end of this one.
fn range(index: usize, end: impl Fn(usize) -> Option<usize>) -> Option<(usize, usize)> {
    let to = (index < LEN).then(|| end(index))??;
    Some((index.checked_sub(1).map_or(Some(0), end)?, to))
}

/// The number at `index` in an array of numbers of `SIZE` bytes that starts at `from`.
fn number<const SIZE: usize>(from: usize, index: usize) -> Option<usize> {
    let bytes: &[u8; SIZE] = BYTES.get(from + SIZE * index..)?.first_chunk()?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
