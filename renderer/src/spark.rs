//! A sparkline: the last part of a badge, with a bar for each of the newest values.

/// The most bars of a sparkline.
pub(crate) const MOST_BARS: usize = 60;
/// The greatest height of a bar, in its own unit.
pub(crate) const FULL: u16 = 1000;

/// A sparkline at the right end of a badge. Only pictures show it; JSON has no field for it.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, Spark, SparkMark, SparkPoint, svg};
///
/// let points = vec![SparkPoint::new(0.9, SparkMark::Good), SparkPoint::new(1.0, SparkMark::Bad)];
/// let spark = Spark { points, words: "trend of 2: first 180, last 190".into() };
/// let badge = ResolvedBadge { spark: Some(spark), ..ResolvedBadge::new("tests", "190 passed") };
/// assert!(svg(&badge).contains(r#"aria-label="tests: 190 passed; trend of 2: first 180, last 190""#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spark {
    /// The values, the oldest first. If there are more than 60, the last 60 are drawn; if there are none, no sparkline
    /// is drawn.
    pub points: Vec<SparkPoint>,
    /// A description of the bars, for the accessible name of the badge.
    pub words: String,
}

/// One bar of a sparkline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SparkPoint {
    /// The height, in thousandths of the greatest.
    height: u16,
    mark: SparkMark,
}

/// The meaning of a bar's colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SparkMark {
    /// A success: green.
    Good,
    /// A failure: red.
    Bad,
    /// Neither: grey.
    Neutral,
}

impl SparkPoint {
    /// A bar of this height, from 0 to 1; a number outside of that range is drawn as its nearest end.
    pub fn new(height: f64, mark: SparkMark) -> Self {
        // NaN becomes 0.
        Self { height: (height.clamp(0.0, 1.0) * f64::from(FULL)).round() as u16, mark }
    }

    pub(crate) const fn height(self) -> u16 {
        self.height
    }

    pub(crate) const fn mark(self) -> SparkMark {
        self.mark
    }
}

impl Spark {
    /// The points that are drawn.
    pub(crate) fn drawn(&self) -> &[SparkPoint] {
        self.points.get(self.points.len().saturating_sub(MOST_BARS)..).unwrap_or_default()
    }
}
