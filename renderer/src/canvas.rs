//! The pixels a badge is painted onto. Places are in the badge's own pixels; the canvas scales them.

use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Mask, Paint, Path, PathBuilder, Pixmap, Point, Rect, SpreadMode,
    Stroke, Transform,
};

use crate::markup::Quarters;
use crate::markup::frame::logo_y;
use crate::png::PngError;
use crate::style::Stop;
use crate::{ResolvedBadge, Scale};

mod blur;
mod logo;
mod paint_effort;
mod plain_svg;
mod raster;
mod words;

/// The most columns a picture has: those of the widest screens. A badge that is wider is drawn smaller.
const MAX_COLUMNS: i64 = 4096;
/// How far the control points of a quarter circle are from its ends, in radii.
const KAPPA: f32 = 0.552_284_8;

/// A picture in the making.
pub(crate) struct Canvas {
    pub(super) pixels: Pixmap,
    /// How many pixels of the picture one of the badge's is, in each direction.
    pub(super) factor: f32,
    height: i64,
}

impl Canvas {
    /// Transparent, at `scale` or the largest one below it that fits. A fraction of a column is one if it is more than
    /// half: so much of it do rectangles with crisp edges cover.
    pub(crate) fn new(width: Quarters, height: i64, scale: Scale) -> Result<Self, PngError> {
        let columns = |factor: i64| ((width * factor + 1) / 4).max(1);
        let asked = i64::from(scale.pixels());
        let (factor, columns) = match columns(asked) {
            fitting @ ..=MAX_COLUMNS => (asked as f32, fitting),
            _ => (4.0 * MAX_COLUMNS as f32 / width as f32, MAX_COLUMNS),
        };
        let rows = (height as f32 * factor).ceil().max(1.0);
        let pixels = Pixmap::new(columns as u32, rows as u32).ok_or(PngError::Pixels)?;
        Ok(Self { pixels, factor, height })
    }

    pub(crate) fn into_pixels(self) -> Pixmap {
        self.pixels
    }

    /// One half's rectangle, over the whole height.
    pub(crate) fn half(&mut self, x: Quarters, width: Quarters, color: &str, crisp: bool) {
        let paint = Paint { anti_alias: !crisp, ..solid(color) };
        let path = rectangle(x as f32 / 4.0, 0.0, width as f32 / 4.0, self.height as f32);
        self.fill_with(path.as_ref(), &paint);
    }

    pub(crate) fn fill(&mut self, path: Option<&Path>, color: &str) {
        self.fill_with(path, &solid(color));
    }

    /// Fills with a gradient from `top` to `bottom`.
    pub(crate) fn fill_gradient(&mut self, path: Option<&Path>, top: f32, bottom: f32, stops: &[Stop]) {
        let stop = |(offset, grey, opacity): &Stop| {
            GradientStop::new(*offset, Color::from_rgba8(*grey, *grey, *grey, alpha(*opacity)))
        };
        let (from, to) = (Point::from_xy(0.0, top), Point::from_xy(0.0, bottom));
        let stops = stops.iter().map(stop).collect();
        if let Some(shader) = LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity()) {
            self.fill_with(path, &Paint { shader, ..Paint::default() });
        }
    }

    fn fill_with(&mut self, path: Option<&Path>, paint: &Paint) {
        if let Some(path) = path {
            self.pixels.fill_path(path, paint, FillRule::Winding, self.transform(), None);
        }
    }

    /// Draws a line one pixel wide along the path.
    pub(crate) fn stroke(&mut self, path: Option<&Path>, color: &str) {
        if let Some(path) = path {
            self.pixels.stroke_path(path, &solid(color), &Stroke::default(), self.transform(), None);
        }
    }

    /// Cuts the corners of everything painted so far.
    pub(crate) fn round_corners(&mut self, width: f32, radius: f32) {
        let height = self.height as f32;
        let Some(path) = round_rectangle(0.0, 0.0, width, height, radius) else { return };
        let side = ((radius + 1.0).floor() * self.factor).ceil().max(1.0) as u32;
        let (columns, rows) = (self.pixels.width(), self.pixels.height());
        for left in [0, columns.saturating_sub(side)] {
            for top in [0, rows.saturating_sub(side)] {
                let Some(mut mask) = Mask::new(side, side) else { return };
                let transform = self.transform().post_translate(-(left as f32), -(top as f32));
                mask.fill_path(&path, FillRule::Winding, true, transform);
                self.cut(&mask, left as usize, top as usize);
            }
        }
    }

    fn cut(&mut self, mask: &Mask, left: usize, top: usize) {
        let (columns, side) = (self.pixels.width() as usize, mask.width() as usize);
        for (row, covers) in
            self.pixels.data_mut().chunks_exact_mut(4 * columns).skip(top).zip(mask.data().chunks_exact(side))
        {
            for (pixel, cover) in row.chunks_exact_mut(4).skip(left).zip(covers) {
                for channel in pixel {
                    *channel = product(*channel, *cover);
                }
            }
        }
    }

    /// The badge's logo, if it has one that can be drawn, in the middle of the height.
    pub(crate) fn logo(&mut self, badge: &ResolvedBadge, x: i64) {
        if let Some(image) = &badge.logo {
            let y = logo_y(self.height);
            logo::draw(image, x as f32, y as f32, self);
        }
    }

    pub(super) fn transform(&self) -> Transform {
        Transform::from_scale(self.factor, self.factor)
    }
}

pub(crate) fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect)
}

pub(crate) fn round_rectangle(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    let (right, bottom) = (x + width, y + height);
    // The corners' ends, and the distance from the corner to the control points.
    let c = radius * (1.0 - KAPPA);
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.line_to(right - radius, y);
    path.cubic_to(right - c, y, right, y + c, right, y + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - c, right - c, bottom, right - radius, bottom);
    path.line_to(x + radius, bottom);
    path.cubic_to(x + c, bottom, x, bottom - c, x, bottom - radius);
    path.line_to(x, y + radius);
    path.cubic_to(x, y + c, x + c, y, x + radius, y);
    path.close();
    path.finish()
}

/// The beak of a speech bubble, from its upper end to the lower one.
pub(crate) fn beak(x: f32, y: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(x - 3.0, y + 3.0);
    path.line_to(x - 3.0, y + 4.0);
    path.line_to(x, y + 7.0);
    path.finish()
}

fn solid(color: &str) -> Paint<'static> {
    let mut paint = Paint::default();
    let [red, green, blue, alpha] = rgba(color);
    paint.set_color_rgba8(red, green, blue, alpha);
    paint
}

/// A colour that can be drawn can be read; black stands for what cannot.
pub(super) fn rgba(color: &str) -> [u8; 4] {
    csscolorparser::parse(color).map_or([0, 0, 0, 255], |color| color.to_rgba8())
}

pub(super) fn alpha(opacity: f32) -> u8 {
    (opacity * 255.0 + 0.5) as u8
}

/// The product of two numbers of 255, rounded.
pub(super) fn product(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}
