//! A badge as PNG: the outlined drawing painted straight onto pixels, so no installed font is consulted.

use std::fmt;

use crate::{ResolvedBadge, Scale, style};

mod blur;
pub(crate) mod canvas;
mod logo;
mod words;

/// Why there is no picture. The badge's words are at fault.
#[derive(Debug)]
#[non_exhaustive]
pub enum PngError {
    /// The picture would have more than 32,767 columns.
    TooWide {
        /// How many it would have.
        columns: i64,
    },
    /// The encoder refused the picture.
    Encoding(png::EncodingError),
}

impl fmt::Display for PngError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::TooWide { columns } => write!(f, "the badge is {columns} pixels wide; 32767 are drawn at most"),
            Self::Encoding(_) => f.write_str("the picture was not encoded"),
        }
    }
}

impl std::error::Error for PngError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TooWide { .. } => None,
            Self::Encoding(error) => Some(error),
        }
    }
}

/// The badge as PNG: the picture of its SVG with outlines, whatever [`ResolvedBadge::outline`] says.
///
/// The same badge gives the same bytes. A logo is drawn if it is an SVG or a PNG that needs nothing else: one of more than 64 KiB or
/// 1024 × 1024 pixels, one with an image inside or outside of it, one with filters, patterns, markers, dashes or many uses, which may take any time, and one of
/// another format is left out, its place empty. Text in it is not drawn.
///
/// # Errors
///
/// [`PngError::TooWide`] for words that nobody reads on a badge.
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
