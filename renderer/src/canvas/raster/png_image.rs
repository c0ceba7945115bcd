//! A PNG as pixels.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};
use tiny_skia::Pixmap;

use super::pixels::{MAX_SIDE, picture, widened};

/// Decodes a PNG; `None` if it is too large or damaged.
pub(super) fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let limits = Limits { bytes: 4 * (MAX_SIDE * MAX_SIDE) as usize };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    // Chunks of text and of colour profiles may be large when decompressed, and nothing uses them.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    let mut buffer = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut buffer).ok()?;
    buffer.truncate(frame.buffer_size());
    let pixels = match frame.color_type {
        ColorType::Rgba => buffer,
        ColorType::Rgb => widened::<3>(&buffer, |[red, green, blue]| [red, green, blue, 255]),
        ColorType::Grayscale => widened::<1>(&buffer, |[grey]| [grey, grey, grey, 255]),
        ColorType::GrayscaleAlpha => widened::<2>(&buffer, |[grey, alpha]| [grey, grey, grey, alpha]),
        // The transformation above resolves palettes.
        ColorType::Indexed => return None,
    };
    picture(pixels, width, height)
}
