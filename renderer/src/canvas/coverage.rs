//! The coverage of a text: how much of each pixel it covers. A shadow has the same coverage, one pixel of the badge
//! lower.

use super::blend::{alpha, fast_product};
use super::blur;

/// The opacity of a blurred shadow.
const BLURRED: f32 = 0.8;
/// The standard deviation of the blur, in the badge's pixels.
const DEVIATION: f32 = 1.6;

/// The size of the picture that a text is painted into.
#[derive(Clone, Copy)]
pub(super) struct PictureSize {
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// How many pixels of the picture one pixel of the badge is.
    pub(super) factor: f32,
}

impl PictureSize {
    /// How many rows lower a shadow is; 0 if a pixel of the badge is less than half a row.
    pub(super) fn shadow_drop(self) -> i32 {
        self.factor.round() as i32
    }
}

/// The covered part of a picture.
pub(super) struct Coverage {
    /// The position of the first pixel of `covers` in the picture.
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) columns: usize,
    /// The coverage of each pixel, row by row, as a fraction of 255.
    pub(super) covers: Vec<u8>,
}

impl Coverage {
    /// The blurred shadow, as far as it lies in the picture.
    pub(super) fn blurred_shadow(&self, size: PictureSize) -> Self {
        let deviation = DEVIATION * size.factor;
        let reach = blur::reach(deviation);
        let drop = size.shadow_drop();
        let rows = (self.covers.len() / self.columns.max(1)) as i32;
        let left = (self.left - reach).max(0);
        let top = (self.top + drop - reach).max(0);
        let right = (self.left + self.columns as i32 + reach).min(size.columns as i32);
        let bottom = (self.top + drop + rows + reach).min(size.rows as i32);
        let columns = usize::try_from(right - left).unwrap_or_default();
        let mut covers = vec![0; columns * usize::try_from(bottom - top).unwrap_or_default()];
        let skipped = usize::try_from(left - self.left).unwrap_or_default();
        let indent = usize::try_from(self.left - left).unwrap_or_default();
        for (y, row) in (self.top + drop..).zip(self.covers.chunks_exact(self.columns.max(1))) {
            let Ok(y) = usize::try_from(y - top) else { continue };
            let Some(target) = covers.get_mut(y * columns..(y + 1) * columns) else { continue };
            for (to, from) in target.iter_mut().skip(indent).zip(row.iter().skip(skipped)) {
                *to = fast_product(*from, alpha(BLURRED));
            }
        }
        blur::blur(&mut covers, columns, deviation);
        Self { left, top, columns, covers }
    }
}
