//! Outlined words on pixels. Their coverage is computed once: a shadow is the same a whole pixel lower.

use badgesmith_fonts::OutlineSegment;
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use super::blur;
use super::{Canvas, alpha, product, rgba};
use crate::markup::outline::Outlined;

/// The opacity of a blurred shadow and of the sharp one over it.
const BLURRED: f32 = 0.8;
const SHARP: f32 = 0.3;
/// How wide the blur is, in the badge's pixels.
const DEVIATION: f32 = 1.6;

/// How much of each pixel words cover, and where in the picture that is.
pub(super) struct Coverage {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) columns: usize,
    pub(super) covers: Vec<u8>,
}

impl Canvas {
    /// Paints the words alone.
    pub(crate) fn words(&mut self, halves: &[Outlined]) {
        for half in halves {
            if let Some(coverage) = self.coverage(half) {
                self.tint(&coverage, 0, rgba(half.fill), fast_over);
            }
        }
    }

    /// Paints the words over an edge one pixel below them.
    pub(crate) fn words_with_edge(&mut self, half: &Outlined) {
        if let Some(coverage) = self.coverage(half) {
            self.tint(&coverage, 1, rgba(half.shadow), fast_over);
            self.tint(&coverage, 0, rgba(half.fill), fast_over);
        }
    }

    /// Paints the words over a shadow one pixel below them, blurred and sharp.
    pub(crate) fn words_with_blur(&mut self, halves: &[Outlined]) {
        let coverages: Vec<_> = halves.iter().filter_map(|half| Some((half, self.coverage(half)?))).collect();
        for (half, coverage) in &coverages {
            let mut shadow = self.lowered(coverage);
            blur::blur(&mut shadow, DEVIATION * self.factor);
            self.tint(&shadow, 0, rgba(half.shadow), over);
        }
        for (half, coverage) in &coverages {
            let [red, green, blue, _] = rgba(half.shadow);
            self.tint(coverage, 1, [red, green, blue, alpha(SHARP)], fast_over);
        }
        for (half, coverage) in &coverages {
            self.tint(coverage, 0, rgba(half.fill), fast_over);
        }
    }

    /// How many rows of the picture one of the badge's is: none where it is less than half of one.
    fn drop(&self) -> i32 {
        self.factor.round() as i32
    }

    /// Which pixels the words cover, also one of the badge's pixels above the picture, because shadows fall.
    fn coverage(&self, words: &Outlined) -> Option<Coverage> {
        let mut path = PathBuilder::new();
        for glyph in words.line.glyphs() {
            let (x, y) = (words.x as i32 + glyph.x, words.baseline as i32 + glyph.y);
            let place = |dx: i32, dy: i32| ((x + dx) as f32, (y + dy) as f32);
            words.line.trace(*glyph, |segment| match segment {
                OutlineSegment::Move(dx, dy) => {
                    let (x, y) = place(dx, dy);
                    path.move_to(x, y);
                }
                OutlineSegment::Line(dx, dy) => {
                    let (x, y) = place(dx, dy);
                    path.line_to(x, y);
                }
                OutlineSegment::Quad(cx, cy, dx, dy) => {
                    let ((cx, cy), (x, y)) = (place(cx, cy), place(dx, dy));
                    path.quad_to(cx, cy, x, y);
                }
                OutlineSegment::Close => path.close(),
            });
        }
        let path = path.finish()?;
        let factor = self.factor / 100.0;
        let bounds = path.bounds();
        let drop = self.drop();
        let edge = |place: f32, most: u32| (place as i32).clamp(-drop, most as i32);
        let left = edge((bounds.left() * factor).floor(), self.pixels.width());
        let right = edge((bounds.right() * factor).ceil(), self.pixels.width());
        let top = edge((bounds.top() * factor).floor(), self.pixels.height());
        let bottom = edge((bounds.bottom() * factor).ceil(), self.pixels.height());
        let mut mask = Mask::new(u32::try_from(right - left).ok()?, u32::try_from(bottom - top).ok()?)?;
        let transform = Transform::from_scale(factor, factor).post_translate(-left as f32, -top as f32);
        mask.fill_path(&path, FillRule::Winding, true, transform);
        Some(Coverage { left, top, columns: mask.width() as usize, covers: mask.take() })
    }

    /// The shadow before it is blurred, with room around it, but no more than the picture has.
    fn lowered(&self, words: &Coverage) -> Coverage {
        let room = blur::reach(DEVIATION * self.factor);
        let drop = self.drop();
        let rows = (words.covers.len() / words.columns.max(1)) as i32;
        let left = (words.left - room).max(0);
        let top = (words.top + drop - room).max(0);
        let right = (words.left + words.columns as i32 + room).min(self.pixels.width() as i32);
        let bottom = (words.top + drop + rows + room).min(self.pixels.height() as i32);
        let columns = usize::try_from(right - left).unwrap_or_default();
        let mut covers = vec![0; columns * usize::try_from(bottom - top).unwrap_or_default()];
        let skipped = usize::try_from(left - words.left).unwrap_or_default();
        let indent = usize::try_from(words.left - left).unwrap_or_default();
        for (y, row) in (words.top + drop..).zip(words.covers.chunks_exact(words.columns.max(1))) {
            let Ok(y) = usize::try_from(y - top) else { continue };
            let Some(target) = covers.get_mut(y * columns..(y + 1) * columns) else { continue };
            for (to, from) in target.iter_mut().skip(indent).zip(row.iter().skip(skipped)) {
                *to = scaled(*from, alpha(BLURRED));
            }
        }
        Coverage { left, top, columns, covers }
    }

    /// Lays a colour over what is covered, as many of the badge's pixels lower as `down` says.
    fn tint(&mut self, coverage: &Coverage, down: i32, color: [u8; 4], over: fn(u8, u8, u8, u8) -> u8) {
        let alpha = color[3];
        let color = color.map(|channel| product(channel, alpha));
        let color = [color[0], color[1], color[2], alpha];
        let columns = self.pixels.width() as usize;
        let top = coverage.top + down * self.drop();
        let skipped = usize::try_from(-coverage.left).unwrap_or_default();
        let indent = usize::try_from(coverage.left).unwrap_or_default();
        let pixels = self.pixels.data_mut();
        for (y, covers) in (top..).zip(coverage.covers.chunks_exact(coverage.columns.max(1))) {
            let Ok(y) = usize::try_from(y) else { continue };
            let Some(row) = pixels.get_mut(4 * y * columns..4 * (y + 1) * columns) else { return };
            for (pixel, cover) in row.chunks_exact_mut(4).skip(indent).zip(covers.iter().skip(skipped)) {
                if *cover == 0 {
                    continue;
                }
                for (channel, source) in pixel.iter_mut().zip(color) {
                    *channel = over(*channel, source, alpha, *cover);
                }
            }
        }
    }
}

/// A channel with a premultiplied one laid over it, as tiny-skia's exact pipeline rounds: once.
fn over(below: u8, above: u8, alpha: u8, cover: u8) -> u8 {
    let opacity = product(alpha, cover);
    let sum = u32::from(above) * u32::from(cover) + u32::from(below) * u32::from(255 - opacity) + 128;
    ((sum + (sum >> 8)) >> 8) as u8
}

/// The same as its fast pipeline rounds, which paints the words.
fn fast_over(below: u8, above: u8, alpha: u8, cover: u8) -> u8 {
    scaled(above, cover).saturating_add(scaled(below, 255 - scaled(alpha, cover)))
}

/// The product of two numbers of 255 as tiny-skia's fast pipeline rounds it: up.
fn scaled(a: u8, b: u8) -> u8 {
    ((u32::from(a) * u32::from(b) + 255) >> 8) as u8
}
