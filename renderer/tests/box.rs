//! A badge has the same box in every format: the SVG with text, the SVG with outlines, and the PNG at every scale.
#![allow(clippy::expect_used)]

mod common;

use badgesmith_renderer::{ResolvedBadge, Scale, Style, png, svg};
use roxmltree::Document;

/// The most columns of a PNG.
const MOST_COLUMNS: u32 = 4096;
const SCALES: usize = 4;

/// The size of an SVG, and x, width and colour of each section.
fn boxes(drawn: &str) -> ([f64; 2], Vec<[String; 3]>) {
    let document = Document::parse(drawn).expect(drawn);
    let root = document.root_element();
    let size = ["width", "height"].map(|name| root.attribute(name).and_then(|text| text.parse().ok()).expect(drawn));
    let attribute = |node: roxmltree::Node, name| node.attribute(name).unwrap_or_default().to_owned();
    let rectangles = root.descendants().filter(|node| node.has_tag_name("rect") && node.has_attribute("fill"));
    // The id of a gradient depends on whether there are outlines.
    let plain = rectangles.filter(|node| node.attribute("fill").is_some_and(|fill| !fill.starts_with("url")));
    (size, plain.map(|node| ["x", "width", "fill"].map(|name| attribute(node, name))).collect())
}

/// The columns and rows that a PNG's header names.
fn size_of(png: &[u8]) -> [u32; 2] {
    [16, 20].map(|at| u32::from_be_bytes(png[at..at + 4].try_into().expect("a header")))
}

/// Checks a badge's SVGs, and its PNGs at these scales.
fn check(badge: &ResolvedBadge, scales: impl IntoIterator<Item = u8>) {
    let (size, sections) = boxes(&svg(&ResolvedBadge { outline: false, ..badge.clone() }));
    let outlined = boxes(&svg(&ResolvedBadge { outline: true, ..badge.clone() }));
    assert_eq!(outlined, (size, sections), "{badge:?}");
    for factor in scales {
        let wanted = size.map(|length| (length * f64::from(factor)).ceil() as u32);
        if wanted[0] <= MOST_COLUMNS {
            let picture = png(badge, Scale::new(factor).expect("1 to 4")).expect("a picture");
            assert_eq!(size_of(&picture), wanted, "at {factor}: {badge:?}");
        }
    }
}

#[test]
fn the_box_of_a_badge_is_the_same_in_every_format() {
    let texts = [
        ("build", "passing"),
        ("", "i"),
        ("profile", "official ffl ffi"),
        ("AV", "WAVE"),
        ("e\u{301}\u{323}", "שלום"),
        ("لا إله", "한국어"),
        ("a", "🎉"),
        ("", ""),
        ("  spaces   inside ", "1"),
    ];
    for (style, (label, message)) in Style::ALL.iter().flat_map(|style| texts.map(|text| (style, text))) {
        check(&ResolvedBadge { style: *style, ..ResolvedBadge::new(label, message) }, 1..=4);
    }
}

#[test]
#[ignore = "needs BADGESMITH_RECORDED, the folder of recorded inputs"]
fn every_recorded_badge_has_the_same_box_in_every_format_and_style() {
    let rows = common::recorded();
    assert!(rows.len() >= 1500, "{}", rows.len());
    let badges: Vec<_> =
        rows.iter().map(|(row, _)| ResolvedBadge { scale: Scale::ONE, ..common::badge(row) }).collect();
    let share = badges.len().div_ceil(std::thread::available_parallelism().map_or(2, usize::from));
    std::thread::scope(|scope| {
        for share in badges.chunks(share) {
            scope.spawn(move || share.iter().enumerate().for_each(|(index, badge)| check_all(index, badge)));
        }
    });
}

/// Every badge in every style, each at one scale; the scales take turns.
fn check_all(index: usize, badge: &ResolvedBadge) {
    for (at, style) in Style::ALL.into_iter().enumerate() {
        check(&ResolvedBadge { style, ..badge.clone() }, [((index + at) % SCALES) as u8 + 1]);
    }
}
