//! A PNG logo as pixels, within limits.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};
use tiny_skia::{ColorU8, IntSize, Pixmap};

/// The most pixels in each direction.
const MAX_SIDE: u32 = 1024;

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
    // Four channels are changed in place, so that an image of a million pixels is in memory only once.
    let mut pixels = match frame.color_type {
        ColorType::Rgba => buffer,
        ColorType::Rgb => widened::<3>(&buffer, |[red, green, blue]| [red, green, blue, 255]),
        ColorType::Grayscale => widened::<1>(&buffer, |[grey]| [grey, grey, grey, 255]),
        ColorType::GrayscaleAlpha => widened::<2>(&buffer, |[grey, alpha]| [grey, grey, grey, alpha]),
        // The transformation above resolves palettes.
        ColorType::Indexed => return None,
    };
    for pixel in pixels.chunks_exact_mut(4) {
        if let [red, green, blue, alpha] = pixel {
            let color = ColorU8::from_rgba(*red, *green, *blue, *alpha).premultiply();
            (*red, *green, *blue) = (color.red(), color.green(), color.blue());
        }
    }
    Pixmap::from_vec(pixels, IntSize::from_wh(width, height)?)
}

/// Converts pixels with fewer channels to RGBA.
fn widened<const CHANNELS: usize>(pixels: &[u8], rgba: fn([u8; CHANNELS]) -> [u8; 4]) -> Vec<u8> {
    let mut widened = Vec::with_capacity(pixels.len() / CHANNELS * 4);
    for pixel in pixels.as_chunks().0 {
        widened.extend(rgba(*pixel));
    }
    widened
}
