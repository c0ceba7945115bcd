//! The bars of a sparkline, which every style draws in its own size and colours.

#[cfg(feature = "png")]
use crate::canvas::{Canvas, shapes};
use crate::markup::Markup;
use crate::spark::{FULL, SparkMark, SparkPoint};

/// Up to this many bars are as wide as the style draws them; more are one pixel narrower.
const MOST_WIDE_BARS: usize = 30;
/// The space between two bars.
const GAP: i64 = 1;

/// The size and the colours of a style's bars. Lengths are in pixels.
pub(super) struct BarsLook {
    /// The width of a bar.
    pub(super) bar: i64,
    /// The greatest height of a bar.
    pub(super) height: i64,
    /// The lower end of the bars.
    pub(super) bottom: i64,
    pub(super) good: &'static str,
    pub(super) bad: &'static str,
    pub(super) neutral: &'static str,
}

/// The background of a sparkline's section in the styles that have sections. The colours of [`on_dark`] have a contrast
/// ratio of 3:1 with it, which WCAG requires for graphics.
pub(super) const BACKGROUND: &str = "#555";

/// Bars on [`BACKGROUND`].
pub(super) const fn on_dark(bar: i64, height: i64, bottom: i64) -> BarsLook {
    BarsLook { bar, height, bottom, good: "#6c3", bad: "#ff8080", neutral: "#bbb" }
}

/// The bars of a badge with the style's size and colours.
#[derive(Clone, Copy)]
pub(super) struct Bars<'b> {
    pub(super) points: &'b [SparkPoint],
    pub(super) look: &'b BarsLook,
}

/// The rectangle of one bar.
struct Bar {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

impl Bars<'_> {
    /// The width of all bars.
    pub(super) fn width(self) -> i64 {
        (self.points.len() as i64 * (self.bar_width() + GAP) - GAP).max(0)
    }

    fn bar_width(self) -> i64 {
        if self.points.len() > MOST_WIDE_BARS { self.look.bar - 1 } else { self.look.bar }
    }

    /// The bars with this mark. `x` is where the first bar of the sparkline starts. Every bar has at least one pixel.
    fn marked(self, mark: SparkMark, x: i64) -> impl Iterator<Item = Bar> {
        let (width, look) = (self.bar_width(), self.look);
        let marked = self.points.iter().enumerate().filter(move |(_, point)| point.mark() == mark);
        marked.map(move |(index, point)| {
            let full = i64::from(FULL);
            let height = ((i64::from(point.height()) * look.height + full / 2) / full).max(1);
            Bar { x: x + index as i64 * (width + GAP), y: look.bottom - height, width, height }
        })
    }

    fn colored(self) -> [(SparkMark, &'static str); 3] {
        let BarsLook { good, bad, neutral, .. } = self.look;
        [(SparkMark::Good, good), (SparkMark::Bad, bad), (SparkMark::Neutral, neutral)]
    }

    /// Writes the bars of each colour as one path. `x` is where the first bar starts.
    pub(super) fn draw(self, x: i64, out: &mut Markup) {
        out.text(r#"<g shape-rendering="crispEdges">"#);
        for (mark, color) in self.colored() {
            if !self.points.iter().any(|point| point.mark() == mark) {
                continue;
            }
            out.text(r#"<path fill=""#).text(color).text(r#"" d=""#);
            for Bar { x, y, width, height } in self.marked(mark, x) {
                out.text("M").number(x).text(" ").number(y + height).text("h").number(width);
                out.text("v").number(-height).text("h").number(-width).text("z");
            }
            out.text(r#""/>"#);
        }
        out.text("</g>");
    }

    /// Paints the bars that [`draw`](Self::draw) writes.
    #[cfg(feature = "png")]
    pub(super) fn paint(self, x: i64, canvas: &mut Canvas) {
        for (mark, color) in self.colored() {
            for Bar { x, y, width, height } in self.marked(mark, x) {
                let bar = shapes::rectangle(x as f32, y as f32, width as f32, height as f32);
                canvas.fill_crisp(bar.as_ref(), color);
            }
        }
    }
}
