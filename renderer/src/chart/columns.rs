//! Stacked columns of counts.

use super::axis::Axis;
use super::bins::TimeBins;
use super::calendar::Date;
use super::input::CountPoint;
use super::number::{separated, short};
use super::plot::{Drawn, Plot};
use super::scene::{Line, Role, Shape, Tenths, rectangle};

/// The most columns: each has at least four pixels, with the space beside it.
pub(super) const MOST_COLUMNS: i64 = 130;
/// The greatest width of a column.
const WIDEST: Tenths = 240;
/// The least height of failed results, so that one failure among thousands is visible, and of other results.
const LEAST_FAILED: Tenths = 20;
const LEAST: Tenths = 10;

/// The columns of a series, of which at least one is not empty.
pub(super) struct Columns {
    columns: Vec<Option<CountPoint>>,
    newest: CountPoint,
    count: usize,
    is_runs: bool,
}

impl Columns {
    /// The columns of these points on the time axis; `None` if no point is on the axis.
    pub(super) fn of(points: &[CountPoint], bins: TimeBins, is_runs: bool) -> Option<Self> {
        let mut columns = vec![None; usize::try_from(bins.count()).unwrap_or_default()];
        let (mut count, mut newest) = (0, None::<CountPoint>);
        for point in points {
            let Some(column) = bins.index(point.at_ms).and_then(|index| columns.get_mut(index)) else { continue };
            count += 1;
            newest = newest.filter(|newest| newest.at_ms > point.at_ms).or(Some(*point));
            *column = Some(match *column {
                Some(other) if is_runs => sum(other, *point),
                Some(other) => worse(other, *point),
                None => *point,
            });
        }
        Some(Self { columns, newest: newest?, count, is_runs })
    }

    /// The axis from 0 to the greatest sum.
    pub(super) fn axis(&self) -> Axis {
        let greatest = self.columns.iter().flatten().map(|column| total(*column)).fold(0.0, f64::max);
        Axis::over(0.0, greatest, true)
    }

    pub(super) fn drawn(&self, plot: &Plot) -> Drawn {
        let (mut passed, mut skipped, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let count = plot.bins.count();
        for (index, column) in self.columns.iter().enumerate().filter_map(|(index, column)| Some((index, (*column)?))) {
            // Whole pixels, so that every column is sharp.
            let edge = |index: i64| plot.left + plot.width() * index / count / 10 * 10;
            let (left, right) = (edge(index as i64), edge(index as i64 + 1));
            let width = (right - left - 10).clamp(10, WIDEST);
            let left = left + (right - left - width) / 20 * 10;
            stack(plot, column, left, width, [&mut passed, &mut skipped, &mut failed]);
        }
        let areas = [(Role::Passed, passed), (Role::Skipped, skipped), (Role::Failed, failed)];
        let shapes = areas.into_iter().filter(|(_, lines)| !lines.is_empty());
        Drawn {
            shapes: shapes.map(|(role, lines)| Shape::Fill { role, percent: 100, lines }).collect(),
            legend: self.legend(),
            description: self.description(),
        }
    }

    /// The words for what passed, failed and was skipped.
    const fn words(&self) -> [&'static str; 3] {
        if self.is_runs { ["succeeded", "failed", "other"] } else { ["passed", "failed", "skipped"] }
    }

    /// The counts of the legend: the sum of all runs, or the newest result.
    fn counted(&self) -> CountPoint {
        if !self.is_runs {
            return self.newest;
        }
        self.columns.iter().flatten().fold(CountPoint::default(), |sum_so_far, column| sum(sum_so_far, *column))
    }

    fn legend(&self) -> Vec<(Role, String)> {
        let CountPoint { passed, failed, skipped, .. } = self.counted();
        let roles = [(Role::Passed, passed), (Role::Failed, failed), (Role::Skipped, skipped)];
        roles
            .into_iter()
            .zip(self.words())
            .map(|((role, count), word)| (role, format!("{} {word}", short(count))))
            .collect()
    }

    fn description(&self) -> String {
        let CountPoint { passed, failed, skipped, .. } = self.counted();
        let [passed_word, failed_word, skipped_word] = self.words();
        let [passed, failed, skipped] = [passed, failed, skipped].map(|count| separated(&count.to_string()));
        let counts = format!("{passed} {passed_word}, {failed} {failed_word}, {skipped} {skipped_word}");
        let (count, date) = (separated(&self.count.to_string()), Date::of(self.newest.at_ms).whole());
        match (self.is_runs, self.count) {
            (true, 1) => format!("1 run on {date}: {counts}"),
            (true, _) => format!("{count} runs: {counts}; the newest on {date}"),
            (false, 1) => format!("1 result on {date}: {counts}"),
            (false, _) => format!("{count} results; the newest on {date}: {counts}"),
        }
    }
}

/// Adds the rectangles of one column: from the bottom up passed, skipped and failed results.
fn stack(plot: &Plot, column: CountPoint, x: Tenths, width: Tenths, areas: [&mut Vec<Line>; 3]) {
    let CountPoint { passed, failed, skipped, .. } = column;
    let height = |count: u64, least| if count == 0 { 0 } else { plot.height_of(count as f64).max(least) };
    let failed = height(failed, LEAST_FAILED);
    let skipped = height(skipped, LEAST).min(plot.height() - failed);
    // Failed and skipped results may be drawn higher than to scale; passed results get the rest.
    let passed = height(passed, LEAST).min(plot.height() - failed - skipped);
    let mut bottom = plot.bottom();
    for (height, area) in [passed, skipped, failed].into_iter().zip(areas) {
        if height > 0 {
            area.push(rectangle(x, bottom - height, width, height));
            bottom -= height;
        }
    }
}

fn total(CountPoint { passed, failed, skipped, .. }: CountPoint) -> f64 {
    passed as f64 + failed as f64 + skipped as f64
}

fn sum(one: CountPoint, other: CountPoint) -> CountPoint {
    CountPoint {
        at_ms: one.at_ms.max(other.at_ms),
        passed: one.passed.saturating_add(other.passed),
        failed: one.failed.saturating_add(other.failed),
        skipped: one.skipped.saturating_add(other.skipped),
    }
}

/// The result with more failures; if both have the same number, the newer one.
fn worse(one: CountPoint, other: CountPoint) -> CountPoint {
    if (other.failed, other.at_ms) >= (one.failed, one.at_ms) { other } else { one }
}
