//! Rows of test data read into badges.
#![allow(dead_code, clippy::expect_used, clippy::print_stderr)]

use badgesmith_renderer::{Color, Link, Links, Logo, ResolvedBadge, Style};
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
        links: Links { left: link(0), right: link(1) },
        ..ResolvedBadge::new(text("label"), text("message"))
    }
}

/// The recorded pairs of input and badge-maker's SVG, where this machine has them.
pub(crate) fn recorded() -> Option<Vec<(Value, String)>> {
    let Ok(directory) = std::env::var("BADGESMITH_DATA") else {
        eprintln!("skipped: BADGESMITH_DATA does not say where badges.jsonl is");
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
