//! Charts of many shapes are drawn as in `charts/`. `UPDATE=1` rewrites the goldens, so that the change can be reviewed
//! as a diff.
#![allow(clippy::expect_used)]

use std::path::Path;

use badgesmith_renderer::{Chart, ChartSeries, ChartTheme, CountPoint, ValuePoint, chart_svg};
use proptest::prelude::*;
use roxmltree::Document;

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;
/// 2026-11-29 15:15 UTC.
const NOW: i64 = 1_795_965_300_000;

fn chart(title: &str, series: ChartSeries) -> Chart {
    let empty = "no results in 90 days".to_owned();
    Chart { since_ms: NOW - 90 * DAY, until_ms: NOW, empty, ..Chart::new(title, series) }
}

/// So many results, one every so many hours up to now.
fn results(count: i64, hours: i64, counts: impl Fn(i64) -> [u64; 3]) -> ChartSeries {
    let point = |index: i64| {
        let [passed, failed, skipped] = counts(index);
        CountPoint { at_ms: NOW - (count - 1 - index) * hours * HOUR, passed, failed, skipped }
    };
    ChartSeries::Results((0..count).map(point).collect())
}

fn values(numbers: impl IntoIterator<Item = (i64, f64)>) -> ChartSeries {
    let point = |(day, value)| ValuePoint { at_ms: NOW - day * DAY, value };
    ChartSeries::Values(numbers.into_iter().map(point).collect())
}

/// A number below `below` that looks random.
fn noise(index: i64, below: i64) -> u64 {
    ((index * 7919 + 104_729) * 31 % 1_000_003 % below).unsigned_abs()
}

fn cases() -> Vec<(&'static str, Chart)> {
    let tests = "tests of acme/tools on linux at main";
    let usual = |index: i64| [180 + index as u64 / 3 + noise(index, 6), noise(index, 9) / 7, noise(index, 4)];
    let runs = |index: i64| {
        if index % 6 == 4 {
            [0, 1, 0]
        } else if index % 17 == 3 {
            [0, 0, 1]
        } else {
            [1, 0, 0]
        }
    };
    let ChartSeries::Results(runs) = results(240, 9, runs) else { return Vec::new() };
    let stars = || values((0..90).rev().map(|day| (day, (4200 - day * day / 9) as f64)));
    vec![
        ("empty", chart(tests, ChartSeries::Results(Vec::new()))),
        ("one", chart(tests, results(1, 1, |_| [188, 2, 1]))),
        ("two", chart(tests, results(2, 24 * 30, |index| [188, 2 * index as u64, 1]))),
        ("usual", chart(tests, results(70, 30, usual))),
        ("usual-dark", Chart { theme: ChartTheme::Dark, ..chart(tests, results(70, 30, usual)) }),
        ("usual-outline", Chart { outline: true, ..chart(tests, results(70, 30, usual)) }),
        ("thousand", chart(tests, results(1000, 2, usual))),
        ("failing", chart(tests, results(60, 36, |index| [0, 12 + noise(index, 5), 0]))),
        ("huge", chart(tests, results(60, 36, |index| [4_503_599_627_370_496 - noise(index, 9), 1, 0]))),
        ("gaps", chart(tests, results(40, 20, |index| if index % 9 < 3 { usual(index) } else { [0, 0, 0] }))),
        ("day", Chart { since_ms: NOW - DAY, ..chart(tests, results(30, 1, usual)) }),
        ("years", Chart { since_ms: NOW - 730 * DAY, ..chart(tests, results(700, 25, usual)) }),
        ("runs", Chart { theme: ChartTheme::Light, ..chart("ci.yml of acme/tools at main", ChartSeries::Runs(runs)) }),
        ("stars", chart("stars of acme/tools", stars())),
        (
            "stars-dark-outline",
            Chart { theme: ChartTheme::Dark, outline: true, ..chart("stars of acme/tools", stars()) },
        ),
        ("stars-few", chart("stars of acme/tools", values([(80, 3.0), (40, 3.0), (39, 4.0), (2, 5.0), (1, 5.0)]))),
        ("stars-same", chart("stars of acme/tools", values((0..60).rev().map(|day| (day, 7.0))))),
        ("stars-one", chart("stars of acme/tools", values([(3, 1_234_567.0)]))),
        (
            "percent",
            chart(
                "coverage of acme/tools",
                values((0..90).rev().map(|day| (day, 86.5 + noise(day, 90) as f64 / 100.0))),
            ),
        ),
        ("long-title", chart(&"a very long title & <markup> ".repeat(20), ChartSeries::Values(Vec::new()))),
    ]
}

#[test]
fn a_chart_is_drawn_like_its_golden() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts");
    let update = std::env::var_os("UPDATE").is_some();
    for (name, chart) in cases() {
        let path = directory.join(name).with_extension("svg");
        let drawn = chart_svg(&chart) + "\n";
        if update {
            std::fs::write(&path, &drawn).expect("the golden can be written");
        }
        let golden = std::fs::read_to_string(&path).expect("UPDATE=1 writes the goldens");
        assert_eq!(drawn, golden, "{name}");
    }
    let files = std::fs::read_dir(&directory).expect("the folder is readable").count();
    assert_eq!(files, cases().len(), "every golden has a chart");
}

#[test]
fn a_chart_of_any_number_of_points_is_a_small_svg() {
    let many = results(100_000, 1, |index| [noise(index, 999) + 1, noise(index, 999) + 1, noise(index, 999) + 1]);
    let line = values((0..100_000).map(|index| (index % 90, noise(index, 999_983) as f64 / 7.0)));
    for series in [many, line] {
        let drawn = chart_svg(&Chart { since_ms: 0, outline: false, ..chart(&"W".repeat(100_000), series.clone()) });
        assert!(drawn.len() < 24_000, "{}", drawn.len());
        let outlined = chart_svg(&Chart { outline: true, ..chart(&"@".repeat(100_000), series) });
        assert!(outlined.len() < 80_000, "{}", outlined.len());
    }
}

#[test]
fn one_failure_among_thousands_is_seen() {
    let drawn = chart_svg(&chart("tests", results(1, 1, |_| [1_000_000, 1, 0])));
    let failed = drawn.split("color=\"#cf222e\"").nth(1).expect("a column of what failed");
    assert!(failed.contains("v20h"), "{failed}");
}

#[test]
fn two_charts_of_different_words_share_no_class() {
    let class = |title| {
        let drawn = chart_svg(&chart(title, ChartSeries::Values(Vec::new())));
        drawn.split_once("class=\"g").expect("a class").1.split('"').next().expect("its end").to_owned()
    };
    assert_ne!(class("one"), class("two"));
}

fn series() -> impl Strategy<Value = ChartSeries> {
    let count = (any::<i64>(), any::<u64>(), any::<u64>(), any::<u64>());
    let count = count.prop_map(|(at_ms, passed, failed, skipped)| CountPoint { at_ms, passed, failed, skipped });
    let near = (0..NOW, 0..9_u64, any::<u64>()).prop_map(|(at_ms, failed, passed)| CountPoint {
        at_ms,
        passed,
        failed,
        skipped: 1,
    });
    let value = (0..NOW, any::<f64>()).prop_map(|(at_ms, value)| ValuePoint { at_ms, value });
    prop_oneof![
        prop::collection::vec(prop_oneof![count, near], 0..20).prop_map(ChartSeries::Results),
        prop::collection::vec(near_runs(), 0..20).prop_map(ChartSeries::Runs),
        prop::collection::vec(value, 0..20).prop_map(ChartSeries::Values),
    ]
}

fn near_runs() -> impl Strategy<Value = CountPoint> {
    (any::<i64>(), any::<u64>()).prop_map(|(at_ms, passed)| CountPoint {
        at_ms,
        passed,
        failed: passed,
        skipped: passed,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_series_time_or_title_makes_the_svg_ill_formed(
        series in series(), title in any::<String>(), empty in any::<String>(),
        since_ms in any::<i64>(), until_ms in any::<i64>(), outline in prop::bool::weighted(0.1),
    ) {
        let drawn = chart_svg(&Chart { since_ms, until_ms, empty, outline, ..Chart::new(title, series) });
        let document = Document::parse(&drawn);
        prop_assert!(document.is_ok(), "{:?} {}", document.err(), drawn);
        prop_assert!(drawn.len() < 200_000);
    }
}

#[cfg(feature = "png")]
#[test]
fn a_png_looks_as_its_svg_does() {
    use badgesmith_renderer::{Scale, chart_png};
    use resvg::{tiny_skia, usvg};
    for (name, chart) in cases() {
        let chart = Chart { outline: true, ..chart };
        let theme = if chart.theme == ChartTheme::Auto { ChartTheme::Light } else { chart.theme };
        let ours = chart_png(&chart, Scale::TWO).expect("a picture");
        let ours = tiny_skia::Pixmap::decode_png(&ours).expect("a PNG");
        let svg = chart_svg(&Chart { theme, ..chart });
        let tree = usvg::Tree::from_str(&svg, &usvg::Options::default()).expect("an SVG");
        let mut drawn = tiny_skia::Pixmap::new(ours.width(), ours.height()).expect("a picture");
        resvg::render(&tree, tiny_skia::Transform::from_scale(2.0, 2.0), &mut drawn.as_mut());
        let difference = ours.data().iter().zip(drawn.data()).map(|(one, other)| one.abs_diff(*other)).max();
        // The edges of dots differ: resvg makes a circle of other curves.
        assert!(difference <= Some(48), "{name}: {difference:?}");
    }
}
