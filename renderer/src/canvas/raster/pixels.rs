//! Decoded pixels, and the limit on their number.

use tiny_skia::{ColorU8, IntSize, Pixmap};

/// The most pixels in each direction.
pub(super) const MAX_SIDE: u32 = 1024;

/// A picture of these pixels, which have four channels.
pub(super) fn picture(mut rgba: Vec<u8>, width: u32, height: u32) -> Option<Pixmap> {
    // The pixels are converted in place, so that an image of a million pixels is in memory only once.
    for pixel in rgba.chunks_exact_mut(4) {
        if let [red, green, blue, alpha] = pixel {
            let color = ColorU8::from_rgba(*red, *green, *blue, *alpha).premultiply();
            (*red, *green, *blue) = (color.red(), color.green(), color.blue());
        }
    }
    Pixmap::from_vec(rgba, IntSize::from_wh(width, height)?)
}

/// Converts pixels with fewer channels to RGBA.
pub(super) fn widened<const CHANNELS: usize>(pixels: &[u8], rgba: fn([u8; CHANNELS]) -> [u8; 4]) -> Vec<u8> {
    let mut widened = Vec::with_capacity(pixels.len() / CHANNELS * 4);
    for pixel in pixels.as_chunks().0 {
        widened.extend(rgba(*pixel));
    }
    widened
}
