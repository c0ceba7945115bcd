//! The rectangles of a badge's sections and the gradient over them, as spans of one colour.

use tiny_skia::PremultipliedColorU8;

use super::blend::{alpha, fast_over, fast_product, rgba};
use super::{Canvas, shapes};
use crate::{gradient::GradientStop, scale::QuarterPixels};

/// A rectangle as high as the badge.
#[derive(Clone, Copy)]
pub(crate) struct SectionArea<'a> {
    pub(crate) x: QuarterPixels,
    pub(crate) width: QuarterPixels,
    pub(crate) color: &'a str,
}

impl Canvas {
    /// Fills sections, the last of which ends where the badge ends, and lays a vertical gradient over all of them.
    pub(crate) fn sections<'a>(
        &mut self,
        sections: impl Iterator<Item = SectionArea<'a>> + Clone,
        is_crisp: bool,
        stops: &[GradientStop],
    ) {
        let spans = sections.clone().map(|section| self.span(section, is_crisp));
        if let Some(spans) = spans.collect::<Option<Vec<_>>>() {
            return self.fill_spans(&spans, stops);
        }
        for SectionArea { x, width, color } in sections {
            self.section(x, width, color, is_crisp);
        }
        if !stops.is_empty() {
            let (right, bottom) = (self.width as f32 / 4.0, self.height as f32);
            let all = shapes::rectangle(0.0, 0.0, right, bottom);
            self.fill_gradient(all.as_ref(), 0.0, bottom, stops);
        }
    }

    /// The columns of a section, and its colour; `None` if it is not opaque or ends within a pixel.
    fn span(&self, section: SectionArea, is_crisp: bool) -> Option<Span> {
        let [red, green, blue, 255] = rgba(section.color) else { return None };
        if self.factor.fract() != 0.0 {
            return None;
        }
        let column = |quarters: QuarterPixels| {
            let quarters = quarters * self.factor as i64;
            // Half a pixel is rounded up, since the middle of a pixel belongs to the section that begins there.
            (is_crisp || quarters % 4 == 0).then(|| ((quarters + 2) / 4) as usize)
        };
        let end = section.x + section.width;
        let end = if end < self.width { column(end)? } else { self.pixels.width() as usize };
        Some(Span { start: column(section.x)?, end, color: [red, green, blue] })
    }

    fn fill_spans(&mut self, spans: &[Span], stops: &[GradientStop]) {
        let (columns, rows) = (self.pixels.width() as usize, self.pixels.height());
        for (y, row) in self.pixels.pixels_mut().chunks_exact_mut(columns).enumerate() {
            let shade = shade_at((y as f32 + 0.5) / rows as f32, stops);
            for Span { start, end, color } in spans {
                let [red, green, blue] = shade.map_or(*color, |shade| shade.over(*color));
                let Some(pixel) = PremultipliedColorU8::from_rgba(red, green, blue, 255) else { continue };
                row.get_mut(*start..*end).unwrap_or_default().fill(pixel);
            }
        }
    }
}

/// Some columns in one opaque colour.
struct Span {
    start: usize,
    end: usize,
    color: [u8; 3],
}

/// A grey that is laid over a colour.
#[derive(Clone, Copy)]
struct Shade {
    grey: u8,
    alpha: u8,
}

impl Shade {
    fn over(self, color: [u8; 3]) -> [u8; 3] {
        color.map(|channel| fast_over(channel.into(), self.grey.into(), self.alpha.into(), 255) as u8)
    }
}

/// The gradient at a fraction of its length, premultiplied; `None` without a gradient.
fn shade_at(position: f32, stops: &[GradientStop]) -> Option<Shade> {
    let after = stops.iter().position(|stop| stop.offset > position).unwrap_or(stops.len());
    let (from, to) = (stops.get(after.saturating_sub(1))?, stops.get(after).or(stops.last())?);
    let length = to.offset - from.offset;
    let share = if length > 0.0 { ((position - from.offset) / length).max(0.0) } else { 0.0 };
    let between = |from: u8, to: u8| (f32::from(from) + (f32::from(to) - f32::from(from)) * share + 0.5) as u8;
    let alpha = between(alpha(from.opacity as f32), alpha(to.opacity as f32));
    Some(Shade { grey: fast_product(between(from.grey, to.grey), alpha), alpha })
}
