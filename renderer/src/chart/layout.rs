//! The layout of a chart: title, legend, axes, and the area in which the series is drawn.

use badgesmith_fonts::width;

use super::axis::{Axis, Tick};
use super::bins::TimeBins;
use super::input::{Chart, ChartSeries, MOST_POINTS};
use super::plot::{BOTTOM, Plot, TOP};
use super::scene::{Anchor, FACE, HEIGHT, Point, Role, Scene, SceneText, Shape, TITLE_FACE, Tenths, WIDTH, rectangle};
use super::{columns, line};
use crate::text::cleaned;

const MARGIN: Tenths = 160;
const TITLE_BASELINE: Tenths = 270;
const LEGEND_BASELINE: Tenths = 470;
const DATES_BASELINE: Tenths = 2240;
/// The side of the square before a name in the legend.
const SWATCH: Tenths = 80;
/// The most characters of a title that are measured: more do not fit.
const LONGEST_TITLE: usize = 256;

/// The chart as shapes.
pub(super) fn scene(chart: &Chart) -> Scene {
    let title: String = chart.title.chars().take(LONGEST_TITLE).collect();
    let title = cleaned(&title).into_owned();
    let mut shapes = frame();
    shapes.push(text(Role::Text, MARGIN, TITLE_BASELINE, Anchor::Start, fitting(&title)));
    let bins = |most| TimeBins::over(chart.since_ms, chart.until_ms, most);
    let plot = |bins, axis: Axis| {
        let widest = axis.ticks().map(|tick| text_width(&tick.text)).max().unwrap_or(0);
        // In whole pixels, so that columns also begin at whole pixels.
        let left = (MARGIN + widest + 80 + 9) / 10 * 10;
        Plot { left, right: WIDTH - MARGIN, bins, axis }
    };
    let series = match &chart.series {
        ChartSeries::Results(points) | ChartSeries::Runs(points) => {
            let is_runs = matches!(chart.series, ChartSeries::Runs(_));
            let bins = bins(columns::MOST_COLUMNS);
            let columns = columns::Columns::of(newest(points), bins, is_runs);
            columns.map(|columns| (plot(bins, columns.axis()), columns)).map(|(plot, columns)| {
                let drawn = columns.drawn(&plot);
                (plot, drawn)
            })
        }
        ChartSeries::Values(points) => {
            let bins = bins(line::MOST_POINTS);
            let curve = line::Curve::of(newest(points), bins);
            curve.map(|curve| (plot(bins, curve.axis()), curve)).map(|(plot, curve)| {
                let drawn = curve.drawn(&plot);
                (plot, drawn)
            })
        }
    };
    let description = match series {
        Some((plot, drawn)) => {
            shapes.extend(grid(&plot));
            shapes.extend(drawn.shapes);
            shapes.extend(baseline(&plot));
            shapes.extend(dates(&plot));
            shapes.extend(legend(drawn.legend));
            drawn.description
        }
        None => {
            let plot = Plot {
                left: MARGIN,
                right: WIDTH - MARGIN,
                bins: bins(columns::MOST_COLUMNS),
                axis: Axis::over(0.0, 1.0, true),
            };
            shapes.extend(baseline(&plot));
            shapes.extend(dates(&plot));
            let words = cleaned(&chart.empty).into_owned();
            shapes.push(text(Role::Muted, WIDTH / 2, (TOP + BOTTOM) / 2 + 40, Anchor::Middle, words.clone()));
            words
        }
    };
    Scene { title, description, shapes }
}

/// The last points of a series.
fn newest<T>(points: &[T]) -> &[T] {
    points.get(points.len().saturating_sub(MOST_POINTS)..).unwrap_or_default()
}

/// The ground and the border around it.
fn frame() -> Vec<Shape> {
    let ground = |role, inset: Tenths| {
        let lines = vec![rectangle(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)];
        Shape::Fill { role, percent: 100, lines }
    };
    vec![ground(Role::Border, 0), ground(Role::Ground, 10)]
}

/// The lines at the ticks of the axis, and their numbers.
fn grid(plot: &Plot) -> Vec<Shape> {
    let at = |value| BOTTOM - plot.height_of(value);
    let lines = plot.axis.ticks().map(|tick| level(plot, at(tick.value))).collect();
    let numbers = plot
        .axis
        .ticks()
        .map(|Tick { value, text: number }| text(Role::Muted, plot.left - 80, at(value) + 40, Anchor::End, number));
    std::iter::once(Shape::Fill { role: Role::Grid, percent: 100, lines }).chain(numbers).collect()
}

fn baseline(plot: &Plot) -> Vec<Shape> {
    vec![Shape::Fill { role: Role::Muted, percent: 100, lines: vec![level(plot, BOTTOM)] }]
}

/// A line one pixel high, as an area, so that it is sharp.
fn level(plot: &Plot, y: Tenths) -> Vec<Point> {
    rectangle(plot.left, (y + 5) / 10 * 10, plot.width(), 10)
}

fn dates(plot: &Plot) -> Vec<Shape> {
    let mut marks = Vec::new();
    let mut shapes = Vec::new();
    for date in plot.bins.dates() {
        let x = plot.x_of(date.at_ms) / 10 * 10;
        marks.push(rectangle(x, BOTTOM, 10, 50));
        let half = text_width(&date.text) / 2;
        // A date that would be cut off gets only a mark.
        if x - half >= 40 && x + half <= WIDTH - 40 {
            shapes.push(text(Role::Muted, x + 5, DATES_BASELINE, Anchor::Middle, date.text));
        }
    }
    shapes.push(Shape::Fill { role: Role::Muted, percent: 100, lines: marks });
    shapes
}

/// A square of its colour and a text for each thing that is drawn.
fn legend(entries: Vec<(Role, String)>) -> Vec<Shape> {
    let mut x = MARGIN;
    let mut shapes = Vec::new();
    for (role, words) in entries {
        let lines = vec![rectangle(x, LEGEND_BASELINE - SWATCH, SWATCH, SWATCH)];
        shapes.push(Shape::Fill { role, percent: 100, lines });
        let start = x + SWATCH + 50;
        x = start + text_width(&words) + 140;
        shapes.push(text(Role::Muted, start, LEGEND_BASELINE, Anchor::Start, words));
    }
    shapes
}

fn text(role: Role, x: Tenths, baseline: Tenths, anchor: Anchor, text: String) -> Shape {
    let face = if role == Role::Text { TITLE_FACE } else { FACE };
    Shape::Text(SceneText { role, face, text, x, baseline, anchor })
}

fn text_width(text: &str) -> Tenths {
    (10.0 * width(FACE, text)).ceil() as Tenths
}

/// The part of a title that fits into its line, with an ellipsis if the title is cut off.
fn fitting(title: &str) -> String {
    let room = ((WIDTH - 2 * MARGIN) / 10) as f64;
    if width(TITLE_FACE, title) <= room {
        return title.to_owned();
    }
    let mut end = title.len();
    while let Some((start, _)) = title.get(..end).and_then(|kept| kept.char_indices().next_back()) {
        end = start;
        let kept = format!("{}…", title.get(..end).unwrap_or_default().trim_end());
        if width(TITLE_FACE, &kept) <= room {
            return kept;
        }
    }
    String::new()
}
