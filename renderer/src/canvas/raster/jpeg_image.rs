//! A JPEG as pixels.

use tiny_skia::Pixmap;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::pixels::{MAX_SIDE, picture};

/// The most scans of a progressive image. Encoders write about ten; each one passes over all pixels again, however
/// few bytes it has.
const MAX_SCANS: usize = 24;

/// Decodes a JPEG; `None` if it is too large or damaged, or in CMYK. A rotation in its metadata is not applied.
pub(super) fn decoded(bytes: &[u8]) -> Option<Pixmap> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE as usize)
        .set_max_height(MAX_SIDE as usize)
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    // Without a colour profile, CMYK cannot be converted to the expected colours.
    if matches!(decoder.input_colorspace()?, ColorSpace::CMYK | ColorSpace::YCCK) {
        return None;
    }
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    picture(pixels, info.width.into(), info.height.into())
}
