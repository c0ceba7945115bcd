//! A badge as a PNG file.

use crate::{
    badge::ResolvedBadge, canvas::Canvas, canvas::error::PngError, prepare::with_drawing, readable::readable_badge,
    scale::Scale,
};

/// The badge as PNG: the picture of its SVG with outlines, whatever [`ResolvedBadge::outline`] says.
///
/// The same badge gives the same bytes. A picture has at most 4,096 columns: a badge that would be wider is drawn at
/// the largest scale that fits, which is below 1 if the badge itself is wider than 4,096 pixels.
///
/// A logo is drawn if it is a PNG, with the feature `raster-logos` a JPEG, GIF or WebP, or an SVG of plain shapes:
/// paths and the other basic shapes, in groups or reused by `use`, filled and stroked with colours and gradients,
/// clipped by plain shapes. Of an animation the first frame is drawn. Any other logo leaves its place empty: another
/// format, more than 64 KiB, an image of more than 1024 × 1024 pixels, an SVG with a document type, style sheets,
/// filters, masks, patterns, markers, dashes or images, and one that would take long to draw. Text in an SVG is not
/// drawn.
///
/// # Errors
///
/// [`PngError`] if there is no memory for the picture.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, Scale, png};
///
/// let picture = png(&ResolvedBadge::new("build", "passing"), Scale::TWO)?;
/// assert!(picture.starts_with(b"\x89PNG"));
/// # Ok::<(), badgesmith_renderer::PngError>(())
/// ```
pub fn png(badge: &ResolvedBadge, scale: Scale) -> Result<Vec<u8>, PngError> {
    let badge = readable_badge(badge);
    let paint = badge.style.definition().paint;
    let canvas = with_drawing(&badge, true, |drawing| paint(drawing, scale))?;
    encoded(canvas).map_err(PngError::Encoding)
}

/// The pixels as a PNG file.
pub(crate) fn encoded(canvas: Canvas) -> Result<Vec<u8>, png::EncodingError> {
    let pixels = canvas.into_pixels();
    let mut out = Vec::with_capacity(2048);
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    // Files are as small as if each row had the filter that is best for it, without the time of trying them all.
    encoder.set_filter(png::Filter::Paeth);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels.take_demultiplied())?;
    writer.finish()?;
    Ok(out)
}
