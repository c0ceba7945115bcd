//! Rows of test data read into badges.
#![allow(dead_code, clippy::expect_used, clippy::print_stderr)]

use badgesmith_renderer::{BadgeSegment, Color, Link, Links, Logo, ResolvedBadge, Scale, Style, Theme};
use serde_json::Value;

/// A badge in badge-maker's own spelling of its input.
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
        ..ResolvedBadge::new(text("label"), text("message"))
    }
}

fn segment(row: &Value) -> BadgeSegment {
    let text = |at: usize| row[at].as_str().expect("a segment is its words and its colour");
    BadgeSegment { text: text(0).to_owned(), color: Color::parse(text(1)).expect("a colour") }
}

/// The recorded pairs of input and badge-maker's SVG, where this machine has them.
pub(crate) fn recorded() -> Option<Vec<(Value, String)>> {
    let Ok(directory) = std::env::var("BADGESMITH_RECORDED") else {
        eprintln!("skipped: BADGESMITH_RECORDED does not say where badges.jsonl is");
        return None;
    };
    let lines = std::fs::read_to_string(format!("{directory}/badges.jsonl")).expect("badges.jsonl is readable");
    Some(
        lines
            .lines()
            .map(|line| {
                let mut row: Value = serde_json::from_str(line).expect("a row is JSON");
                let svg = row["svg"].as_str().expect("a row has an SVG").to_owned();
                (row["badge"].take(), svg)
            })
            .collect(),
    )
}
