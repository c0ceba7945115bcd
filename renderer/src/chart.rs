//! Charts: results or values over time, the second kind of picture beside badges.

mod axis;
mod bins;
mod calendar;
mod columns;
mod input;
mod layout;
mod line;
mod number;
#[cfg(feature = "png")]
mod paint;
mod plot;
mod scene;
mod write;

pub use input::{Chart, ChartSeries, ChartTheme, CountPoint, ValuePoint};

#[cfg(feature = "png")]
use crate::canvas::error::PngError;
#[cfg(feature = "png")]
use crate::scale::Scale;

/// The chart as an SVG document. Its size is bounded, whatever the chart contains.
///
/// ```
/// use badgesmith_renderer::{Chart, ChartSeries, chart_svg};
///
/// let drawn = chart_svg(&Chart::new("stars", ChartSeries::Values(Vec::new())));
/// assert!(drawn.contains("<desc>no results</desc>"));
/// ```
pub fn chart_svg(chart: &Chart) -> String {
    write::svg(&layout::scene(chart), chart)
}

/// The chart as a PNG file: the picture of its SVG with outlines.
///
/// # Errors
///
/// [`PngError`] if there is no memory for the picture.
#[cfg(feature = "png")]
pub fn chart_png(chart: &Chart, scale: Scale) -> Result<Vec<u8>, PngError> {
    paint::png(&layout::scene(chart), chart, scale)
}
