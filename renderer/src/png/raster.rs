//! A PNG as pixels, within bounds.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};
use tiny_skia::{IntSize, Pixmap};

/// The most pixels in each direction.
const MAX_SIDE: u32 = 1024;

/// Decodes a PNG; `None` for one that is too large or damaged.
pub(super) fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let limits = Limits { bytes: 4 * (MAX_SIDE * MAX_SIDE) as usize };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    // Chunks of text and of colour profiles are compressed, too, and nobody looks at them.
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
    let channels = buffer.chunks_exact(frame.color_type.samples());
    let rgba: fn(&[u8]) -> [u8; 4] = match frame.color_type {
        ColorType::Rgba => |c| std::array::from_fn(|i| c.get(i).copied().unwrap_or_default()),
        ColorType::Rgb => |c| std::array::from_fn(|i| c.get(i).copied().unwrap_or(255)),
        ColorType::Grayscale => {
            |c| std::array::from_fn(|i| if i < 3 { c.first().copied().unwrap_or_default() } else { 255 })
        }
        ColorType::GrayscaleAlpha => |c| std::array::from_fn(|i| c.get(i / 3).copied().unwrap_or_default()),
        // The decoder was told to resolve palettes.
        ColorType::Indexed => return None,
    };
    let premultiplied = channels.flat_map(|channels| {
        let [red, green, blue, alpha] = rgba(channels);
        let color = tiny_skia::ColorU8::from_rgba(red, green, blue, alpha).premultiply();
        [color.red(), color.green(), color.blue(), color.alpha()]
    });
    Pixmap::from_vec(premultiplied.collect(), IntSize::from_wh(width, height)?)
}
