//! The first frame of a GIF as pixels.

use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};
use tiny_skia::Pixmap;

use super::pixels::{MAX_SIDE, picture};

/// Decodes the first frame; `None` if it is too large or damaged.
pub(super) fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    options.set_memory_limit(MemoryLimit::Bytes(NonZeroU64::new(4 * u64::from(MAX_SIDE * MAX_SIDE))?));
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(bytes).ok()?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    if width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    let frame = decoder.read_next_frame().ok()??;
    // The frame may be smaller than the image.
    let [columns, rows, left, top] = [frame.width, frame.height, frame.left, frame.top].map(usize::from);
    let mut pixels = vec![0; 4 * (width * height) as usize];
    let lines = pixels.chunks_exact_mut(4 * width as usize).skip(top).take(rows);
    for (line, source) in lines.zip(frame.buffer.chunks_exact((4 * columns).max(1))) {
        line.get_mut(4 * left..4 * (left + columns))?.copy_from_slice(source);
    }
    picture(pixels, width, height)
}
