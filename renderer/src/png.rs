//! A badge as PNG: the outlined drawing painted straight onto pixels, so no installed font is consulted.

use std::fmt;

use crate::{ResolvedBadge, Scale, style};

/// Why there is no picture.
#[derive(Debug)]
#[non_exhaustive]
pub enum PngError {
    /// There is no memory for its pixels.
    Pixels,
    /// The encoder refused the picture.
    Encoding(png::EncodingError),
}

impl fmt::Display for PngError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Pixels => f.write_str("there is no room for the picture"),
            Self::Encoding(_) => f.write_str("the picture was not encoded"),
        }
    }
}

impl std::error::Error for PngError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Pixels => None,
            Self::Encoding(error) => Some(error),
        }
    }
}

/// The badge as PNG: the picture of its SVG with outlines, whatever [`ResolvedBadge::outline`] says.
///
/// The same badge gives the same bytes. A picture has at most 4,096 columns: a badge that would be wider is drawn at the
/// largest scale that fits, which is below 1 for one that is wider than that in its own pixels.
///
/// A logo is drawn if it is a PNG or an SVG of plain shapes: paths and the other basic shapes, in groups or used again,
/// filled and stroked with colours and gradients, clipped by plain shapes. One of another format is left out, its place
/// empty, and so is an image of more than 64 KiB, a PNG of more than 1024 × 1024 pixels, and an SVG with a document
/// type, style sheets, filters, masks, patterns, markers, dashes or images, or with so much in it that drawing would take
/// long. Text in it is not drawn.
///
/// # Errors
///
/// [`PngError`] where there is no memory.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, Scale, png};
///
/// let picture = png(&ResolvedBadge::new("build", "passing"), Scale::TWO)?;
/// assert!(picture.starts_with(b"\x89PNG"));
/// # Ok::<(), badgesmith_renderer::PngError>(())
/// ```
pub fn png(badge: &ResolvedBadge, scale: Scale) -> Result<Vec<u8>, PngError> {
    encode(style::paint(&badge.painted(), scale)?.into_pixels()).map_err(PngError::Encoding)
}

fn encode(pixels: tiny_skia::Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let (width, height) = (pixels.width(), pixels.height());
    let mut out = Vec::with_capacity(2048);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels.take_demultiplied())?;
    writer.finish()?;
    Ok(out)
}
