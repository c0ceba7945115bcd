//! A small picture of a badge's shapes, widened to the size of the badge by repeating columns. Each thread caches such
//! pictures.

use std::{cell::RefCell, rc::Rc};

use super::{Canvas, error::PngError};
use crate::scale::Scale;

/// How many small pictures are cached: those of social, with and without a bubble, at each scale.
const MOST_PICTURES: usize = 8;

thread_local! {
    static PICTURES: RefCell<Vec<Rc<SmallPicture>>> = const { RefCell::new(Vec::new()) };
}

/// A column of a small picture, in the badge's pixels, and how many additional times it appears in the large one.
#[derive(Clone, Copy)]
pub(crate) struct RepeatedColumn {
    pub(crate) at: i64,
    pub(crate) more: i64,
}

struct SmallPicture {
    name: &'static str,
    scale: Scale,
    canvas: Canvas,
}

impl Canvas {
    /// Copies the picture that `paint` makes, which is cached under `name`, and repeats the given columns of it, from
    /// left to right. `None` if this canvas is too wide for its scale.
    pub(crate) fn stretch(
        &mut self,
        name: &'static str,
        scale: Scale,
        columns: &[RepeatedColumn],
        paint: impl FnOnce() -> Result<Self, PngError>,
    ) -> Result<Option<()>, PngError> {
        if self.factor != f32::from(scale.factor()) {
            return Ok(None);
        }
        let kept = PICTURES.with_borrow(|pictures| {
            pictures.iter().find(|picture| picture.name == name && picture.scale == scale).map(Rc::clone)
        });
        let small = match kept {
            Some(picture) => picture,
            None => {
                let picture = Rc::new(SmallPicture { name, scale, canvas: paint()? });
                PICTURES.with_borrow_mut(|pictures| {
                    if pictures.len() < MOST_PICTURES {
                        pictures.push(Rc::clone(&picture));
                    }
                });
                picture
            }
        };
        Ok(self.copy_stretched(&small.canvas, usize::from(scale.factor()), columns))
    }

    /// `None` if the columns do not add up to the width of this picture, which is then unchanged.
    fn copy_stretched(&mut self, small: &Self, factor: usize, columns: &[RepeatedColumn]) -> Option<()> {
        let (width, small_width) = (self.pixels.width() as usize, small.pixels.width() as usize);
        let pixels = |length: i64| Some(factor * usize::try_from(length).ok()?);
        let mut sum = small_width;
        for column in columns {
            sum += pixels(column.more)?;
        }
        if sum != width {
            return None;
        }
        let rows = self.pixels.pixels_mut().chunks_exact_mut(width);
        for (to, from) in rows.zip(small.pixels.pixels().chunks_exact(small_width)) {
            let (mut to, mut from) = (to, from);
            for column in columns {
                let before = pixels(column.at)?.checked_sub(small_width - from.len())?;
                let (copied, rest) = from.split_at_checked(before)?;
                let (place, after) = to.split_at_mut_checked(before)?;
                place.copy_from_slice(copied);
                let (place, after) = after.split_at_mut_checked(pixels(column.more)?)?;
                place.fill(*rest.first()?);
                (to, from) = (after, rest);
            }
            to.copy_from_slice(from);
        }
        Some(())
    }
}
