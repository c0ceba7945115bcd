//! Reads rows of test data as badges.
#![allow(dead_code, clippy::expect_used, clippy::panic)]

use badgesmith_renderer::{BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Scale, Style, Theme};
use badgesmith_renderer::{Spark, SparkMark, SparkPoint};
use serde_json::Value;

/// A badge from JSON in the format of badge-maker's input, with fields for what only our badges have.
pub(crate) fn badge(row: &Value) -> ResolvedBadge {
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    let link = |side: usize| row["links"][side].as_str().and_then(Link::parse);
    ResolvedBadge {
        color: row["color"].as_str().map_or(Color::LIGHTGREY, |color| Color::parse(color).expect(color)),
        label_color: row["labelColor"].as_str().map(|color| Color::parse(color).expect(color)),
        style: row["style"].as_str().map_or(Style::Flat, |style| Style::parse(style).expect(style)),
        logo: row["logoBase64"].as_str().map(|logo| Logo::parse(logo).expect(logo)),
        outline: row["outline"] == true,
        scale: row["scale"].as_u64().map_or(Scale::ONE, |scale| Scale::new(scale as u8).expect("1 to 4")),
        theme: if row["theme"] == "auto" { Theme::Auto } else { Theme::Fixed },
        segments: row["segments"].as_array().map_or_else(Vec::new, |segments| segments.iter().map(segment).collect()),
        links: Links { left: link(0), right: link(1) },
        spark: row["spark"].as_str().map(spark),
        ..ResolvedBadge::new(text("label"), text("message"))
    }
}

/// A sparkline: a letter for each point's mark, and its height in tenths: `g9 b10 n5`.
fn spark(text: &str) -> Spark {
    let point = |word: &str| {
        let (mark, height) = word.split_at(1);
        let mark = match mark {
            "g" => SparkMark::Good,
            "b" => SparkMark::Bad,
            _ => SparkMark::Neutral,
        };
        SparkPoint::new(height.parse::<f64>().expect(word) / 10.0, mark)
    };
    let points: Vec<_> = text.split(' ').map(point).collect();
    Spark { words: format!("trend of {}: first <1>, last 2", points.len()), points }
}

fn segment(row: &Value) -> BadgeSegment {
    let text = |at: usize| row[at].as_str().expect("a segment is a text and a colour");
    BadgeSegment { text: text(0).to_owned(), color: Color::parse(text(1)).expect("a colour") }
}

/// The recorded pairs of a badge's input and badge-maker's SVG.
pub(crate) fn recorded() -> Vec<(Value, String)> {
    let directory = std::env::var("BADGESMITH_RECORDED").expect("BADGESMITH_RECORDED must name the recorded inputs");
    let file = format!("{directory}/badges.jsonl");
    let lines = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let pair = |line: &str| {
        let mut row: Value = serde_json::from_str(line).expect("a row is JSON");
        let svg = row["svg"].as_str().expect("a row has an SVG").to_owned();
        (row["badge"].take(), svg)
    };
    lines.lines().map(pair).collect()
}
