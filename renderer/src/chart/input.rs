//! The input of a chart: everything that it shows, and how.

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
    /// The title, in one line; what does not fit is cut off.
    pub title: String,
    /// What is drawn.
    pub series: ChartSeries,
    /// The start of the time axis, in milliseconds since 1970, UTC. It begins at a round time at or before this one.
    pub since_ms: i64,
    /// The end of the time axis, which ends at a round time after this one.
    pub until_ms: i64,
    /// What an empty chart says.
    pub empty: String,
    /// Light or dark.
    pub theme: ChartTheme,
    /// Whether text is drawn as outlines of the bundled font.
    pub outline: bool,
    /// Faces for characters that the bundled font lacks, where text is drawn as outlines or as pixels.
    pub faces: AddedFaces,
}

/// What a chart shows. Points may be in any order; those outside the time axis are left out, and of more than 1,000 the
/// last 1,000 are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum ChartSeries {
    /// Counts of results, as stacked columns. Of several results that share a column, that with the most failures is
    /// drawn, so that no failure is hidden.
    Results(Vec<CountPoint>),
    /// Runs, each of which passed, failed, or neither: stacked columns of how many there were.
    Runs(Vec<CountPoint>),
    /// Numbers, as a line.
    Values(Vec<ValuePoint>),
}

/// What passed, failed and was skipped at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountPoint {
    /// The time, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What passed.
    pub passed: u64,
    /// What failed.
    pub failed: u64,
    /// What was skipped, or is neither.
    pub skipped: u64,
}

/// A number at a time. One that is not finite is left out; one beyond a quadrillion is drawn as a quadrillion.
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
