//! A logo on pixels: an SVG reduced to plain shapes and drawn by resvg, or a PNG. One that would take long is left out.

use resvg::usvg::{Options, Tree};
use tiny_skia::{FilterQuality, Paint, Pattern, Pixmap, PixmapPaint, Rect, SpreadMode, Transform};

use super::{Canvas, paint_effort, plain_svg, raster};
use crate::Logo;

/// The largest image, in bytes.
const MAX_BYTES: usize = 64 * 1024;
const HEIGHT: f32 = 14.0;

/// Draws the logo into its box, as large as its proportions allow. Nothing where it is refused.
pub(super) fn draw(logo: &Logo, x: f32, y: f32, canvas: &mut Canvas) {
    let factor = canvas.factor;
    let width = logo.width() as f32;
    let Some((kind, bytes)) = logo.image().filter(|(_, bytes)| bytes.len() <= MAX_BYTES) else { return };
    let pixels = |length: f32| (length * factor).round().max(1.0) as u32;
    let Some(mut picture) = Pixmap::new(pixels(width), pixels(HEIGHT)) else { return };
    let fit = |own_width: f32, own_height: f32| {
        let size = (width / own_width).min(HEIGHT / own_height);
        let (left, top) = ((width - own_width * size) / 2.0, (HEIGHT - own_height * size) / 2.0);
        Transform::from_scale(factor, factor).pre_translate(left, top).pre_scale(size, size)
    };
    if kind.eq_ignore_ascii_case("image/svg+xml") {
        let Some(tree) = tree(&bytes, picture.width().max(picture.height())) else { return };
        let fit = fit(tree.size().width(), tree.size().height());
        if paint_effort::is_bearable(&tree, fit, picture.width(), picture.height()) {
            resvg::render(&tree, fit, &mut picture.as_mut());
        }
    } else if kind.eq_ignore_ascii_case("image/png") {
        let Some(image) = raster::decoded(&bytes) else { return };
        let (own_width, own_height) = (image.width() as f32, image.height() as f32);
        let Some(rect) = Rect::from_xywh(0.0, 0.0, own_width, own_height) else { return };
        let (mode, quality) = (SpreadMode::Pad, FilterQuality::Bicubic);
        let shader = Pattern::new(image.as_ref(), mode, quality, 1.0, Transform::identity());
        picture.fill_rect(rect, &Paint { shader, ..Paint::default() }, fit(own_width, own_height), None);
    }
    let (left, top) = ((x * factor) as i32, (y * factor) as i32);
    canvas.pixels.draw_pixmap(left, top, picture.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
}

/// The SVG, unless it is refused. Text in it is not drawn, because there is no font to draw it with.
fn tree(bytes: &[u8], side: u32) -> Option<Tree> {
    let plain = plain_svg::reduce(str::from_utf8(bytes).ok()?, side.into())?;
    Tree::from_str(&plain, &Options::default()).ok()
}
