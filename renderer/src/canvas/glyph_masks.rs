//! The coverage of a text, composed of the coverage masks of its glyphs, which each thread caches.
//!
//! There is one mask of a glyph for each face, scale and position within a pixel, in hundredths of a pixel. Glyphs that
//! overlap are drawn and cached as one mask, because the sum of their coverages would be more than they cover together.

use std::{
    cell::RefCell,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
};

use badgesmith_fonts::Glyph;
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use super::coverage::{Coverage, PictureSize};
use super::outline_path;
use crate::placed_text::PlacedText;

/// How many bytes of coverage a thread caches, besides those of the last text. If there are more, it drops all of them.
/// The letters of a face at each of the hundred positions within a pixel take about this many bytes.
const MOST_BYTES: usize = 1 << 20;
/// The additional size of a mask, besides its coverage: its key, its bounds and its part of the table.
const MASK_BYTES: usize = 192;
/// The most overlapping glyphs that are cached as one mask.
const MOST_OVERLAPPING: usize = 8;
/// A pixel of the badge in the unit of outlines.
const PIXEL: i32 = 100;

thread_local! {
    static MASKS: RefCell<GlyphMasks> = RefCell::default();
}

/// Whether the masks of the text's glyphs can be cached: the glyphs must be of the bundled font, and a pixel of the
/// badge must be a whole number of pixels.
pub(super) fn can_draw(text: &PlacedText, factor: f32) -> bool {
    factor.fract() == 0.0 && text.line.glyphs().iter().all(Glyph::is_bundled)
}

/// The coverage of a text that [`can_draw`] accepts. `Err` if too many of its glyphs overlap, as in a long Arabic word.
pub(super) fn coverage(text: &PlacedText, size: PictureSize) -> Result<Option<Coverage>, TooManyOverlap> {
    MASKS.with_borrow_mut(|masks| {
        if masks.bytes > MOST_BYTES {
            *masks = GlyphMasks::default();
        }
        let clusters = masks.clusters(text, size.factor)?;
        Ok(masks.coverage(&clusters, size))
    })
}

/// More glyphs overlap than one mask may have.
pub(super) struct TooManyOverlap;

#[derive(Default)]
struct GlyphMasks {
    indices: HashMap<Box<[u64]>, usize, BuildHasherDefault<GlyphHasher>>,
    masks: Vec<GlyphMask>,
    bytes: usize,
}

/// The coverage of one glyph, or of a few that overlap.
#[derive(Default)]
struct GlyphMask {
    /// The position of the first pixel, relative to the badge pixel that contains the first glyph's origin.
    left: i32,
    top: i32,
    columns: usize,
    covers: Vec<u8>,
    /// Where the outline starts and ends, in its own unit, relative to the same pixel. Both are 0 for a glyph without
    /// an outline, such as a space.
    ink: (i32, i32),
}

/// Glyphs of a text that are drawn as one, and the badge pixel that contains the origin of the first one.
struct Cluster {
    glyphs: Range<usize>,
    mask: usize,
    x: i32,
    y: i32,
    /// Where its outlines start and end in the badge.
    ink: (i32, i32),
}

impl GlyphMasks {
    /// The text as clusters that do not overlap, whose masks exist.
    fn clusters(&mut self, text: &PlacedText, factor: f32) -> Result<Vec<Cluster>, TooManyOverlap> {
        let glyphs = text.line.glyphs();
        let mut clusters: Vec<Cluster> = Vec::with_capacity(glyphs.len());
        for (at, glyph) in glyphs.iter().enumerate() {
            let (x, y) = origin(text, *glyph);
            let (x, y) = (x.div_euclid(PIXEL), y.div_euclid(PIXEL));
            let mask = self.mask(text, std::slice::from_ref(glyph), factor);
            let (start, end) = self.masks.get(mask).map_or((0, 0), |mask| mask.ink);
            if start == end {
                continue;
            }
            let ink = (PIXEL * x + start, PIXEL * x + end);
            let mut cluster = Cluster { glyphs: at..at + 1, mask, x, y, ink };
            // A combining mark may overlap more than the letter before it.
            while let Some(last) = clusters.pop_if(|last| last.ink.1 > cluster.ink.0) {
                let ink = (last.ink.0.min(cluster.ink.0), last.ink.1.max(cluster.ink.1));
                cluster = Cluster { glyphs: last.glyphs.start..at + 1, ink, ..last };
            }
            clusters.push(cluster);
        }
        for cluster in clusters.iter_mut().filter(|cluster| cluster.glyphs.len() > 1) {
            let overlapping = glyphs.get(cluster.glyphs.clone()).unwrap_or_default();
            if overlapping.len() > MOST_OVERLAPPING {
                return Err(TooManyOverlap);
            }
            cluster.mask = self.mask(text, overlapping, factor);
        }
        Ok(clusters)
    }

    /// The index of the mask of these glyphs. If there is none, it is drawn.
    fn mask(&mut self, text: &PlacedText, glyphs: &[Glyph], factor: f32) -> usize {
        let mut keys = [0; MOST_OVERLAPPING];
        for (index, (key, glyph)) in keys.iter_mut().zip(glyphs).enumerate() {
            *key = glyph_key(text, glyphs.first(), *glyph, if index == 0 { factor as u64 } else { 0 });
        }
        let keys = keys.get(..glyphs.len()).unwrap_or_default();
        if let Some(index) = self.indices.get(keys) {
            return *index;
        }
        let mask = GlyphMask::drawn(text, glyphs, factor).unwrap_or_default();
        self.bytes += MASK_BYTES + mask.covers.len();
        self.indices.insert(keys.into(), self.masks.len());
        self.masks.push(mask);
        self.masks.len() - 1
    }

    /// The masks of all clusters in one. It also has the pixels above and left of the picture that a shadow moves into
    /// it.
    fn coverage(&self, clusters: &[Cluster], size: PictureSize) -> Option<Coverage> {
        let scale = size.factor as i32;
        let masks = || {
            let mask = |cluster: &Cluster| Some((self.masks.get(cluster.mask)?, scale * cluster.x, scale * cluster.y));
            clusters.iter().filter_map(mask).filter(|(mask, ..)| mask.columns > 0)
        };
        let (mut left, mut top, mut right, mut bottom) = (i32::MAX, i32::MAX, i32::MIN, i32::MIN);
        for (mask, x, y) in masks() {
            (left, top) = (left.min(x + mask.left), top.min(y + mask.top));
            right = right.max(x + mask.left + mask.columns as i32);
            bottom = bottom.max(y + mask.top + mask.rows());
        }
        let clamped = |edge: i32, max: u32| edge.clamp(-size.shadow_drop(), max as i32);
        let (left, right) = (clamped(left, size.columns), clamped(right, size.columns));
        let (top, bottom) = (clamped(top, size.rows), clamped(bottom, size.rows));
        let columns = usize::try_from(right - left).ok().filter(|columns| *columns > 0)?;
        let rows = usize::try_from(bottom - top).ok()?;
        let mut whole = Coverage { left, top, columns, covers: vec![0; columns * rows] };
        for (mask, x, y) in masks() {
            mask.add_to(&mut whole, x + mask.left - left, y + mask.top - top);
        }
        Some(whole)
    }
}

impl GlyphMask {
    fn drawn(text: &PlacedText, glyphs: &[Glyph], factor: f32) -> Option<Self> {
        let (first_x, first_y) = origin(text, *glyphs.first()?);
        let (pixel_x, pixel_y) = (PIXEL * first_x.div_euclid(PIXEL), PIXEL * first_y.div_euclid(PIXEL));
        let mut path = PathBuilder::new();
        for glyph in glyphs {
            let (x, y) = origin(text, *glyph);
            outline_path::add(text.line, *glyph, (x - pixel_x, y - pixel_y), &mut path);
        }
        let path = path.finish()?;
        let (bounds, factor) = (path.bounds(), factor / PIXEL as f32);
        let ink = (bounds.left() as i32, bounds.right() as i32);
        let (left, right) = ((bounds.left() * factor).floor(), (bounds.right() * factor).ceil());
        let (top, bottom) = ((bounds.top() * factor).floor(), (bounds.bottom() * factor).ceil());
        let mut mask = Mask::new((right - left) as u32, (bottom - top) as u32)?;
        let transform = Transform::from_scale(factor, factor).post_translate(-left, -top);
        mask.fill_path(&path, FillRule::Winding, true, transform);
        Some(Self { left: left as i32, top: top as i32, columns: mask.width() as usize, covers: mask.take(), ink })
    }

    fn rows(&self) -> i32 {
        (self.covers.len() / self.columns.max(1)) as i32
    }

    /// Adds the mask at a position, as far as it lies in `whole`. Outlines that do not overlap cover a pixel together
    /// as much as the sum of what each covers.
    fn add_to(&self, whole: &mut Coverage, x: i32, y: i32) {
        let (skipped, indent) = (usize::try_from(-x).unwrap_or_default(), usize::try_from(x).unwrap_or_default());
        let skipped_rows = usize::try_from(-y).unwrap_or_default();
        let first_row = usize::try_from(y).unwrap_or_default();
        let rows = whole.covers.chunks_exact_mut(whole.columns.max(1)).skip(first_row);
        for (to, from) in rows.zip(self.covers.chunks_exact(self.columns.max(1)).skip(skipped_rows)) {
            let to = to.get_mut(indent..).unwrap_or_default();
            for (to, from) in to.iter_mut().zip(from.get(skipped..).unwrap_or_default()) {
                *to = to.saturating_add(*from);
            }
        }
    }
}

/// The origin of a glyph in the badge, in the unit of outlines.
fn origin(text: &PlacedText, glyph: Glyph) -> (i32, i32) {
    (text.x as i32 + glyph.x, text.baseline as i32 + glyph.y)
}

/// A glyph as a number: its id, and its origin relative to the pixel that contains the first glyph's origin. Two glyphs
/// that are drawn as one are less than some thousand pixels apart. `scale` is that of the picture.
fn glyph_key(text: &PlacedText, first: Option<&Glyph>, glyph: Glyph, scale: u64) -> u64 {
    let (first_x, first_y) = first.map_or((0, 0), |first| origin(text, *first));
    let (x, y) = origin(text, glyph);
    let (x, y) = (x - PIXEL * first_x.div_euclid(PIXEL), y - PIXEL * first_y.div_euclid(PIXEL));
    // 16 bits for the glyph, 2 for the face, 3 for the scale, 22 and 21 for the position.
    let position = (x as u64 & 0x3f_ffff) << 21 | y as u64 & 0x1f_ffff;
    u64::from(glyph.id()) << 48 | (text.line.face() as u64) << 46 | scale << 43 | position
}

/// A hash of a few numbers, by multiplication. Callers do not choose these numbers, so it need not resist collisions.
#[derive(Default)]
struct GlyphHasher(u64);

impl Hasher for GlyphHasher {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.as_chunks::<8>().0 {
            let mixed = (self.0 ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ mixed >> 32;
        }
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}
