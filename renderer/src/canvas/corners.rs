//! Rounded corners, whose coverage each thread caches.

use std::{cell::RefCell, rc::Rc};

use tiny_skia::{FillRule, Mask, Transform};

use super::{Canvas, blend::product, shapes};

/// How many sets of corners are cached: those of flat and plastic at each scale.
const MOST_SETS: usize = 8;

thread_local! {
    static CORNERS: RefCell<Vec<Rc<Corners>>> = const { RefCell::new(Vec::new()) };
}

/// The four corners of a badge: upper left, lower left, and the two right ones.
struct Corners {
    /// The radius, and how many pixels of the picture a pixel of the badge is.
    radius: f32,
    factor: f32,
    masks: [Option<Mask>; 4],
}

impl Canvas {
    /// Rounds the corners of everything that was painted so far. The width must be a whole number of pixels.
    pub(crate) fn round_corners(&mut self, radius: f32) {
        let factor = self.factor;
        let kept = CORNERS
            .with_borrow(|sets| sets.iter().find(|set| (set.radius, set.factor) == (radius, factor)).map(Rc::clone));
        let corners = kept.unwrap_or_else(|| {
            let corners = Rc::new(self.corners(radius));
            // Only at a whole scale are the corners the same for every width.
            if factor.fract() == 0.0 {
                CORNERS.with_borrow_mut(|sets| {
                    if sets.len() < MOST_SETS {
                        sets.push(Rc::clone(&corners));
                    }
                });
            }
            corners
        });
        for (mask, (left, top)) in corners.masks.iter().zip(self.corner_positions(radius)) {
            if let Some(mask) = mask {
                self.apply_mask(mask, left as usize, top as usize);
            }
        }
    }

    /// The side of the square that a corner lies in.
    fn corner_side(&self, radius: f32) -> u32 {
        ((radius + 1.0).floor() * self.factor).ceil().max(1.0) as u32
    }

    fn corner_positions(&self, radius: f32) -> [(u32, u32); 4] {
        let side = self.corner_side(radius);
        let right = self.pixels.width().saturating_sub(side);
        let bottom = self.pixels.height().saturating_sub(side);
        [(0, 0), (0, bottom), (right, 0), (right, bottom)]
    }

    fn corners(&self, radius: f32) -> Corners {
        let (side, factor) = (self.corner_side(radius), self.factor);
        let badge = shapes::round_rectangle(0.0, 0.0, self.width as f32 / 4.0, self.height as f32, radius);
        let masks = self.corner_positions(radius).map(|(left, top)| {
            let mut mask = Mask::new(side, side)?;
            let transform = Transform::from_scale(factor, factor).post_translate(-(left as f32), -(top as f32));
            mask.fill_path(badge.as_ref()?, FillRule::Winding, true, transform);
            Some(mask)
        });
        Corners { radius, factor, masks }
    }

    fn apply_mask(&mut self, mask: &Mask, left: usize, top: usize) {
        let columns = self.pixels.width() as usize;
        let rows = self.pixels.data_mut().chunks_exact_mut(4 * columns).skip(top);
        for (row, covers) in rows.zip(mask.data().chunks_exact(mask.width() as usize)) {
            for (pixel, cover) in row.chunks_exact_mut(4).skip(left).zip(covers) {
                for channel in pixel {
                    *channel = product(*channel, *cover);
                }
            }
        }
    }
}
