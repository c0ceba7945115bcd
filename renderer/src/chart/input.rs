//! The input of a chart: its contents and its look.

use badgesmith_fonts::AddedFaces;

/// The most points of a chart.
pub(crate) const MOST_POINTS: usize = 1000;

/// A chart that is ready to be drawn.
///
/// ```
/// use badgesmith_renderer::{Chart, ChartSeries, CountPoint, chart_svg};
///
/// const DAY: i64 = 24 * 60 * 60 * 1000;
/// let point = CountPoint { at_ms: 20_000 * DAY, passed: 188, failed: 2, skipped: 0 };
/// let chart = Chart {
///     since_ms: 19_910 * DAY,
///     until_ms: 20_000 * DAY,
///     ..Chart::new("tests of acme/tools", ChartSeries::Results(vec![point]))
/// };
/// assert!(chart_svg(&chart).contains("188 passed, 2 failed, 0 skipped"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The title, in one line; a title that is too long is cut off.
    pub title: String,
    /// The series that is drawn.
    pub series: ChartSeries,
    /// The start of the time axis, in milliseconds since 1970, UTC. It begins at a round time at or before this one.
    pub since_ms: i64,
    /// The end of the time axis, which ends at a round time after this one.
    pub until_ms: i64,
    /// The text of an empty chart.
    pub empty: String,
    /// Light or dark.
    pub theme: ChartTheme,
    /// Whether text is drawn as outlines of the bundled font.
    pub outline: bool,
    /// Faces for characters that the bundled font lacks, where text is drawn as outlines or as pixels.
    pub faces: AddedFaces,
}

/// The series of a chart. Points may be in any order; those outside the time axis are left out. If there are more than
/// 1,000, the last 1,000 are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum ChartSeries {
    /// Counts of results, as stacked columns. If several results share a column, the one with the most failures is
    /// drawn, so that no failure is hidden.
    Results(Vec<CountPoint>),
    /// Runs, each of which passed, failed, or neither: stacked columns of how many there were.
    Runs(Vec<CountPoint>),
    /// Numbers, as a line.
    Values(Vec<ValuePoint>),
}

/// How many tests or runs passed, failed and were skipped at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountPoint {
    /// The time, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// The number of passed tests or runs.
    pub passed: u64,
    /// The number of failed ones.
    pub failed: u64,
    /// The number of those that were skipped, or neither passed nor failed.
    pub skipped: u64,
}

/// A number at a time. A number that is not finite is left out; a number beyond a quadrillion is drawn as a
/// quadrillion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValuePoint {
    /// The time, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// The number.
    pub value: f64,
}

/// The colours of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChartTheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// An SVG follows its reader's `prefers-color-scheme`; a PNG is light.
    #[default]
    Auto,
}

impl Chart {
    /// A chart with text and no time axis yet, which follows its reader's theme.
    pub fn new(title: impl Into<String>, series: ChartSeries) -> Self {
        Self {
            title: title.into(),
            series,
            since_ms: 0,
            until_ms: 0,
            empty: "no results".to_owned(),
            theme: ChartTheme::Auto,
            outline: false,
            faces: AddedFaces::default(),
        }
    }
}
