//! A logo as pixels: an SVG that is reduced to plain shapes and drawn by resvg, or an image of pixels.

use resvg::usvg::{Options, Tree};
use tiny_skia::{FilterQuality, Paint, Pattern, Pixmap, Rect, SpreadMode, Transform};

use super::{paint_effort, plain_svg, raster};
use crate::logo::Logo;

/// The most bytes of an image.
const MAX_BYTES: usize = 64 * 1024;
const HEIGHT: f32 = 14.0;

/// The logo, fitted into its box without distortion, with `factor` pixels for one of the badge. `None` if it is
/// refused.
pub(super) fn picture(logo: &Logo, factor: f32) -> Option<Pixmap> {
    let width = logo.width() as f32;
    let (media_type, bytes) = logo.image().filter(|(_, bytes)| bytes.len() <= MAX_BYTES)?;
    let pixels = |length: f32| (length * factor).round().max(1.0) as u32;
    let mut picture = Pixmap::new(pixels(width), pixels(HEIGHT))?;
    let fit = |own_width: f32, own_height: f32| {
        let scale = (width / own_width).min(HEIGHT / own_height);
        let (left, top) = ((width - own_width * scale) / 2.0, (HEIGHT - own_height * scale) / 2.0);
        Transform::from_scale(factor, factor).pre_translate(left, top).pre_scale(scale, scale)
    };
    if media_type.eq_ignore_ascii_case("image/svg+xml") {
        let tree = svg_tree(&bytes, picture.width().max(picture.height()))?;
        let fit = fit(tree.size().width(), tree.size().height());
        if !paint_effort::is_bearable(&tree, fit, picture.width(), picture.height()) {
            return None;
        }
        resvg::render(&tree, fit, &mut picture.as_mut());
    } else {
        let image = raster::decoded(&bytes)?;
        let (own_width, own_height) = (image.width() as f32, image.height() as f32);
        let rect = Rect::from_xywh(0.0, 0.0, own_width, own_height)?;
        let (mode, quality) = (SpreadMode::Pad, FilterQuality::Bicubic);
        let shader = Pattern::new(image.as_ref(), mode, quality, 1.0, Transform::identity());
        picture.fill_rect(rect, &Paint { shader, ..Paint::default() }, fit(own_width, own_height), None);
    }
    Some(picture)
}

/// The SVG, unless it is refused. Text in it is not drawn, because resvg gets no font.
fn svg_tree(bytes: &[u8], side: u32) -> Option<Tree> {
    let plain = plain_svg::reduce(str::from_utf8(bytes).ok()?, side.into())?;
    Tree::from_str(&plain, &Options::default()).ok()
}
