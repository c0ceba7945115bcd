//! A line of values.

use super::axis::Axis;
use super::bins::TimeBins;
use super::calendar::{DAY, Date};
use super::input::ValuePoint;
use super::number::value;
use super::plot::{Drawn, Plot};
use super::scene::{Point, Role, Shape};

/// The most points of the line: one for two pixels.
pub(super) const MOST_POINTS: i64 = 340;
/// Numbers beyond this one are drawn as this one: doubles represent every whole number up to it exactly.
const LARGEST: f64 = 1e15;
/// If there are at most this many points, each has a dot.
const MOST_DOTS: usize = 40;
/// Two points that are farther apart than this many times the median distance have a gap between them.
const GAP: i64 = 4;

/// The points of a line in the order of their times, of which there is at least one.
pub(super) struct Curve {
    points: Vec<ValuePoint>,
}

impl Curve {
    /// The newest point of each part of the time axis; `None` if no point is on the axis.
    pub(super) fn of(points: &[ValuePoint], bins: TimeBins) -> Option<Self> {
        let mut newest: Vec<Option<ValuePoint>> = vec![None; usize::try_from(bins.count()).unwrap_or_default()];
        for point in points.iter().filter(|point| point.value.is_finite()) {
            if let Some(place) = bins.index(point.at_ms).and_then(|index| newest.get_mut(index)) {
                let point = ValuePoint { value: point.value.clamp(-LARGEST, LARGEST), ..*point };
                *place = place.filter(|newest| newest.at_ms > point.at_ms).or(Some(point));
            }
        }
        let points: Vec<_> = newest.into_iter().flatten().collect();
        (!points.is_empty()).then_some(Self { points })
    }

    fn ends(&self) -> (ValuePoint, ValuePoint) {
        let none = ValuePoint { at_ms: 0, value: 0.0 };
        (self.points.first().copied().unwrap_or(none), self.points.last().copied().unwrap_or(none))
    }

    fn range(&self) -> (f64, f64) {
        let values = || self.points.iter().map(|point| point.value);
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    }

    /// The axis: from 0 if the numbers differ much, and otherwise around them, so that the line is not flat.
    pub(super) fn axis(&self) -> Axis {
        let (least, greatest) = self.range();
        let is_close = least < greatest && greatest - least < (greatest.abs().max(least.abs())) / 4.0;
        let (least, greatest) = if is_close { (least, greatest) } else { (least.min(0.0), greatest.max(0.0)) };
        Axis::over(least, greatest, self.points.iter().all(|point| point.value.fract() == 0.0))
    }

    pub(super) fn drawn(&self, plot: &Plot) -> Drawn {
        let at =
            |point: &ValuePoint| Point { x: plot.x_of(point.at_ms), y: plot.bottom() - plot.height_of(point.value) };
        let role = Role::Value;
        let (mut lines, mut areas, mut gaps, mut dots) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let runs: Vec<&[ValuePoint]> = self.runs();
        for run in &runs {
            let line: Vec<Point> = run.iter().map(at).collect();
            if let [first, .., last] = &line[..] {
                let foot = |point: &Point| Point { y: plot.bottom(), ..*point };
                // The height of an area shows how large a number is, which is only true if the axis begins with 0.
                if plot.axis.least() == 0.0 {
                    areas.push([&[foot(first)], &line[..], &[foot(last)]].concat());
                }
                lines.push(line.clone());
            }
            if self.points.len() <= MOST_DOTS || line.len() == 1 {
                dots.extend(line);
            }
        }
        for pair in runs.windows(2) {
            if let [one, other] = pair {
                gaps.extend(one.last().zip(other.first()).map(|(one, other)| vec![at(one), at(other)]));
            }
        }
        let mut shapes = vec![Shape::Fill { role, percent: 12, lines: areas }];
        shapes.push(Shape::Stroke { role, width: 10, is_dashed: true, lines: gaps });
        shapes.push(Shape::Stroke { role, width: 20, is_dashed: false, lines });
        shapes.push(Shape::Dots { role, radius: 30, centers: dots });
        let (first, last) = self.ends();
        let (least, greatest) = self.range();
        let date = |point: ValuePoint| Date::of(point.at_ms).whole();
        let description = if self.points.len() == 1 {
            format!("{} on {}", value(last.value), date(last))
        } else {
            format!(
                "first {} on {}, last {} on {}, least {}, most {}",
                value(first.value),
                date(first),
                value(last.value),
                date(last),
                value(least),
                value(greatest)
            )
        };
        Drawn { shapes, legend: vec![(role, format!("{} on {}", value(last.value), date(last)))], description }
    }

    /// The points between gaps.
    fn runs(&self) -> Vec<&[ValuePoint]> {
        let mut distances: Vec<i64> = self.points.windows(2).map(distance).collect();
        distances.sort_unstable();
        let middle = distances.get(distances.len() / 2).copied().unwrap_or_default();
        // Counters are recorded once a day at most, so shorter distances are not gaps.
        let longest = (GAP * middle).max(3 * DAY);
        self.points.chunk_by(|one, other| other.at_ms - one.at_ms <= longest).collect()
    }
}

fn distance(pair: &[ValuePoint]) -> i64 {
    if let [one, other] = pair { other.at_ms - one.at_ms } else { 0 }
}
