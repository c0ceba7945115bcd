//! The badges of `badges.jsonl` are drawn as in `goldens/`. `UPDATE=1` rewrites the goldens, so that the change can be
//! reviewed as a diff.
#![allow(clippy::expect_used)]

mod common;

use std::path::Path;

use badgesmith_renderer::{ResolvedBadge, Style, Theme, svg};
use serde_json::Value;

fn rows() -> impl Iterator<Item = (String, ResolvedBadge)> {
    include_str!("badges.jsonl").lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect(line);
        (row["name"].as_str().expect(line).to_owned(), common::badge(&row["badge"]))
    })
}

#[test]
fn a_badge_is_drawn_like_its_golden() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let update = std::env::var_os("UPDATE").is_some();
    for (name, badge) in rows() {
        let path = directory.join(&name).with_extension("svg");
        let drawn = svg(&badge) + "\n";
        if update {
            std::fs::write(&path, &drawn).expect("the golden can be written");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name}: no golden; UPDATE=1 writes it"));
        assert_eq!(drawn, golden, "{name}");
    }
}

#[test]
fn every_golden_has_a_row() {
    let names: Vec<String> = rows().map(|(name, _)| name + ".svg").collect();
    for file in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")).expect("the folder is readable")
    {
        let name = file.expect("the entry is readable").file_name();
        assert!(names.iter().any(|known| **known == *name), "{name:?}");
    }
}

#[test]
fn every_style_has_a_golden() {
    for style in Style::ALL {
        assert!(rows().any(|(_, badge)| badge.style == style), "{style:?}");
    }
}

#[test]
fn two_badges_in_one_page_share_no_id() {
    let themes = [Theme::Fixed, Theme::Auto].into_iter();
    let looks = themes.flat_map(|theme| [false, true].map(|outline| (theme, outline)));
    for ((theme, outline), style) in looks.flat_map(|look| Style::ALL.map(|style| (look, style))) {
        let one = svg(&ResolvedBadge { style, outline, theme, ..ResolvedBadge::new("ab", "c") });
        let two = svg(&ResolvedBadge { style, outline, theme, ..ResolvedBadge::new("a", "bc") });
        let ids = |svg: &str| -> Vec<String> {
            svg.split(" id=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
        };
        for id in ids(&one) {
            assert!(!two.contains(&id), "{style:?}: {id}");
            assert!(one.matches(&id).count() > 1, "{style:?}: nothing refers to {id}");
            assert_eq!(one.matches(&format!(" id=\"{id}\"")).count(), 1, "{style:?}: two elements have the id {id}");
        }
    }
}
