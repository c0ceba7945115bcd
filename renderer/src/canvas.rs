//! The picture that a badge is painted into. Coordinates are in the badge's own pixels, and the canvas scales them.

mod blend;
mod blur;
mod corners;
mod coverage;
pub(crate) mod error;
mod glyph_masks;
mod logo;
mod outline_path;
mod paint_effort;
mod plain_svg;
mod raster;
pub(crate) mod sections;
pub(crate) mod shapes;
pub(crate) mod stretched;
mod text_coverage;
mod tint;

use blend::{alpha, fast_over, over, rgba};
use coverage::PictureSize;
use error::PngError;
use tint::tint;
use tiny_skia::{
    Color, FillRule, GradientStop as Stop, LineJoin, LinearGradient, Paint, Path, Pixmap, PixmapPaint, Point,
    SpreadMode, Stroke, StrokeDash, Transform,
};

use crate::scale::{QuarterPixels, Scale};
use crate::{gradient::GradientStop, logo::Logo, placed_text::PlacedText};

/// The most columns of a picture: as many as the widest common screens have. A wider badge is drawn smaller.
const MAX_COLUMNS: i64 = 4096;
/// The opacity of the sharp shadow that lies over the blurred one.
const SHARP_SHADOW: f32 = 0.3;

/// A picture that is being painted.
pub(crate) struct Canvas {
    pixels: Pixmap,
    /// How many pixels of the picture one pixel of the badge is, in each direction.
    factor: f32,
    width: QuarterPixels,
    height: i64,
}

impl Canvas {
    /// A transparent picture at `scale`, or at the largest smaller scale that fits. A fraction of a column counts as a
    /// whole column.
    pub(crate) fn new(width: QuarterPixels, height: i64, scale: Scale) -> Result<Self, PngError> {
        let columns = |factor: i64| ((width * factor + 3) / 4).max(1);
        let wanted = i64::from(scale.factor());
        let (factor, columns) = match columns(wanted) {
            columns @ ..=MAX_COLUMNS => (wanted as f32, columns),
            _ => (4.0 * MAX_COLUMNS as f32 / width as f32, MAX_COLUMNS),
        };
        let rows = (height as f32 * factor).ceil().max(1.0);
        let pixels = Pixmap::new(columns as u32, rows as u32).ok_or(PngError::Pixels)?;
        Ok(Self { pixels, factor, width, height })
    }

    pub(crate) fn into_pixels(self) -> Pixmap {
        self.pixels
    }

    /// Fills the rectangle of a section, which is as high as the badge. The last section fills all of the last column,
    /// also if the badge ends within it.
    fn section(&mut self, x: QuarterPixels, width: QuarterPixels, color: &str, is_crisp: bool) {
        let paint = Paint { anti_alias: !is_crisp, ..solid(color) };
        let right = if x + width < self.width { (x + width) as f32 / 4.0 } else { self.columns() / self.factor };
        let left = x as f32 / 4.0;
        let path = shapes::rectangle(left, 0.0, right - left, self.height as f32);
        self.fill_with(path.as_ref(), &paint);
    }

    pub(crate) fn fill(&mut self, path: Option<&Path>, color: &str) {
        self.fill_with(path, &solid(color));
    }

    /// Fills a path whose edges are aligned to pixels.
    pub(crate) fn fill_crisp(&mut self, path: Option<&Path>, color: &str) {
        self.fill_with(path, &Paint { anti_alias: false, ..solid(color) });
    }

    /// Fills with a vertical gradient from `top` to `bottom`.
    pub(crate) fn fill_gradient(&mut self, path: Option<&Path>, top: f32, bottom: f32, stops: &[GradientStop]) {
        let stop = |GradientStop { offset, grey, opacity }: &GradientStop| {
            Stop::new(*offset, Color::from_rgba8(*grey, *grey, *grey, alpha(*opacity as f32)))
        };
        let (start, end) = (Point::from_xy(0.0, top), Point::from_xy(0.0, bottom));
        let stops = stops.iter().map(stop).collect();
        if let Some(shader) = LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity()) {
            self.fill_with(path, &Paint { shader, ..Paint::default() });
        }
    }

    fn fill_with(&mut self, path: Option<&Path>, paint: &Paint) {
        if let Some(path) = path {
            self.pixels.fill_path(path, paint, FillRule::Winding, self.transform(), None);
        }
    }

    /// Fills with a colour of this opacity, from 0 to 1.
    pub(crate) fn fill_with_opacity(&mut self, path: Option<&Path>, color: &str, opacity: f32) {
        let mut paint = solid(color);
        paint.shader.apply_opacity(opacity);
        self.fill_with(path, &paint);
    }

    /// Draws a line of a width along the path, with dashes of a length if it has one.
    pub(crate) fn stroke_line(&mut self, path: Option<&Path>, color: &str, width: f32, dash: Option<f32>) {
        let dash = dash.and_then(|dash| StrokeDash::new(vec![dash, dash], 0.0));
        let stroke = Stroke { width, dash, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = path {
            self.pixels.stroke_path(path, &solid(color), &stroke, self.transform(), None);
        }
    }

    /// Draws a line one pixel wide along the path.
    pub(crate) fn stroke(&mut self, path: Option<&Path>, color: &str) {
        if let Some(path) = path {
            self.pixels.stroke_path(path, &solid(color), &Stroke::default(), self.transform(), None);
        }
    }

    /// Paints the logo, if there is one and it can be painted, vertically centred.
    pub(crate) fn logo(&mut self, logo: Option<&Logo>, x: i64) {
        let Some(logo) = logo else { return };
        let Some(picture) = logo::picture(logo, self.factor) else { return };
        let left = (x as f32 * self.factor) as i32;
        let top = (Logo::y(self.height) as f32 * self.factor) as i32;
        self.pixels.draw_pixmap(left, top, picture.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
    }

    /// Paints texts without shadows.
    pub(crate) fn text(&mut self, texts: &[PlacedText]) {
        for text in texts {
            if let Some(coverage) = text_coverage::of(text, self.size()) {
                tint(&mut self.pixels, &coverage, 0, rgba(text.fill), fast_over);
            }
        }
    }

    /// Paints a text over an edge one pixel below it.
    pub(crate) fn text_with_edge(&mut self, text: &PlacedText) {
        let size = self.size();
        if let Some(coverage) = text_coverage::of(text, size) {
            tint(&mut self.pixels, &coverage, size.shadow_drop(), rgba(text.shadow), fast_over);
            tint(&mut self.pixels, &coverage, 0, rgba(text.fill), fast_over);
        }
    }

    /// Paints texts over a blurred and a sharp shadow one pixel below them.
    pub(crate) fn text_with_shadow(&mut self, texts: &[PlacedText]) {
        let size = self.size();
        let coverages: Vec<_> = texts.iter().filter_map(|text| Some((text, text_coverage::of(text, size)?))).collect();
        for (text, coverage) in &coverages {
            tint(&mut self.pixels, &coverage.blurred_shadow(size), 0, rgba(text.shadow), over);
        }
        for (text, coverage) in &coverages {
            let [red, green, blue, _] = rgba(text.shadow);
            tint(&mut self.pixels, coverage, size.shadow_drop(), [red, green, blue, alpha(SHARP_SHADOW)], fast_over);
        }
        for (text, coverage) in &coverages {
            tint(&mut self.pixels, coverage, 0, rgba(text.fill), fast_over);
        }
    }

    fn columns(&self) -> f32 {
        self.pixels.width() as f32
    }

    fn size(&self) -> PictureSize {
        PictureSize { columns: self.pixels.width(), rows: self.pixels.height(), factor: self.factor }
    }

    fn transform(&self) -> Transform {
        Transform::from_scale(self.factor, self.factor)
    }
}

fn solid(color: &str) -> Paint<'static> {
    let mut paint = Paint::default();
    let [red, green, blue, alpha] = rgba(color);
    paint.set_color_rgba8(red, green, blue, alpha);
    paint
}
