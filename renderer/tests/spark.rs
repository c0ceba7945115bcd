//! A sparkline belongs to the picture of a badge in every style, and to nothing else.
#![allow(clippy::expect_used)]

use badgesmith_renderer::{ResolvedBadge, Spark, SparkMark, SparkPoint, Style, json, svg};

fn badge(style: Style, count: usize) -> ResolvedBadge {
    let point = |index: usize| SparkPoint::new(index as f64 / count as f64, SparkMark::Good);
    let spark = Spark { points: (0..count).map(point).collect(), words: "trend".to_owned() };
    ResolvedBadge { style, spark: Some(spark), ..ResolvedBadge::new("tests", "190 passed") }
}

#[test]
fn at_most_sixty_bars_are_drawn_and_none_for_no_points() {
    for style in Style::ALL {
        let bars = |count| svg(&badge(style, count)).matches("v-").count();
        assert_eq!([1, 30, 60, 1000].map(bars), [1, 30, 60, 60], "{style:?}");
        assert_eq!(svg(&badge(style, 0)), svg(&ResolvedBadge { spark: None, ..badge(style, 0) }), "{style:?}");
    }
}

#[test]
fn json_has_no_place_for_a_sparkline() {
    assert_eq!(json(&badge(Style::Flat, 9), false), json(&ResolvedBadge::new("tests", "190 passed"), false));
}

#[test]
fn a_height_that_is_no_fraction_is_drawn_as_the_nearest_one() {
    for (height, nearest) in [(f64::NAN, 0.0), (f64::INFINITY, 1.0), (-3.0, 0.0), (1.5, 1.0)] {
        let [one, other] = [height, nearest].map(|height| SparkPoint::new(height, SparkMark::Bad));
        assert_eq!(one, other, "{height}");
    }
}

#[cfg(feature = "png")]
#[test]
fn the_bars_of_a_png_are_where_the_svg_has_them() {
    use badgesmith_renderer::{Scale, png};
    use resvg::{tiny_skia, usvg};
    for style in Style::ALL {
        let badge = ResolvedBadge { outline: true, ..badge(style, 30) };
        let ours = tiny_skia::Pixmap::decode_png(&png(&badge, Scale::ONE).expect("a picture")).expect("a PNG");
        let tree = usvg::Tree::from_str(&svg(&badge), &usvg::Options::default()).expect("an SVG");
        let mut drawn = tiny_skia::Pixmap::new(ours.width(), ours.height()).expect("a picture");
        resvg::render(&tree, tiny_skia::Transform::identity(), &mut drawn.as_mut());
        // The sparkline is the last part, without its rounded corners.
        let columns = ours.width() - 80..ours.width() - 6;
        for (x, y) in columns.flat_map(|x| (3..ours.height() - 3).map(move |y| (x, y))) {
            let [one, other] = [&ours, &drawn].map(|picture| picture.pixel(x, y).expect("a pixel"));
            let channels = [(one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue())];
            let difference = channels.iter().map(|(one, other)| one.abs_diff(*other)).max();
            assert!(difference <= Some(8), "{style:?} {x} {y}: {one:?} {other:?}");
        }
    }
}
