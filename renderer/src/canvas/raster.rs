//! A logo of pixels, decoded within limits. Its format is recognised by its first bytes, as browsers do it: media types
//! in data URIs are often wrong.

#[cfg(feature = "raster-logos")]
mod gif_image;
#[cfg(feature = "raster-logos")]
mod jpeg_image;
mod pixels;
mod png_image;
#[cfg(feature = "raster-logos")]
mod webp_image;

use std::panic::{AssertUnwindSafe, catch_unwind};

use tiny_skia::Pixmap;

/// Decodes an image; `None` if it is too large or damaged, or in a format that this build does not decode. For an
/// animation, the first frame is decoded.
pub(super) fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let decode: fn(&[u8]) -> Option<Pixmap> = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png_image::decoded,
        #[cfg(feature = "raster-logos")]
        [0xff, 0xd8, 0xff, ..] => jpeg_image::decoded,
        #[cfg(feature = "raster-logos")]
        [b'G', b'I', b'F', b'8', ..] => gif_image::decoded,
        #[cfg(feature = "raster-logos")]
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp_image::decoded,
        _ => return None,
    };
    // If a decoder panics at a damaged image, the badge only loses its logo.
    catch_unwind(AssertUnwindSafe(|| decode(bytes))).ok().flatten()
}
