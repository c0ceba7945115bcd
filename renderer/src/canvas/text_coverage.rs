//! The coverage of a text: from the masks of cached glyphs where that is possible, otherwise from one path with all
//! outlines.

use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use super::coverage::{Coverage, PictureSize};
use super::{glyph_masks, outline_path};
use crate::placed_text::PlacedText;

/// The coverage of a text. It also has the pixels above and left of the picture that a shadow moves into it.
pub(super) fn of(text: &PlacedText, size: PictureSize) -> Option<Coverage> {
    if glyph_masks::can_draw(text, size.factor)
        && let Ok(coverage) = glyph_masks::coverage(text, size)
    {
        return coverage;
    }
    let mut path = PathBuilder::new();
    for glyph in text.line.glyphs() {
        let origin = (text.x as i32 + glyph.x, text.baseline as i32 + glyph.y);
        outline_path::add(text.line, *glyph, origin, &mut path);
    }
    let path = path.finish()?;
    let factor = size.factor / 100.0;
    let bounds = path.bounds();
    let clamped = |edge: f32, max: u32| (edge as i32).clamp(-size.shadow_drop(), max as i32);
    let left = clamped((bounds.left() * factor).floor(), size.columns);
    let right = clamped((bounds.right() * factor).ceil(), size.columns);
    let top = clamped((bounds.top() * factor).floor(), size.rows);
    let bottom = clamped((bounds.bottom() * factor).ceil(), size.rows);
    let mut mask = Mask::new(u32::try_from(right - left).ok()?, u32::try_from(bottom - top).ok()?)?;
    let transform = Transform::from_scale(factor, factor).post_translate(-left as f32, -top as f32);
    mask.fill_path(&path, FillRule::Winding, true, transform);
    Some(Coverage { left, top, columns: mask.width() as usize, covers: mask.take() })
}
