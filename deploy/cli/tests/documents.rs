//! The lists in docs/operating.md are those of the code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeSet, fs, path::Path};

use badgesmith_engine::{AnswerSource, CACHES, CacheState, Code, ExchangeOutcome, Format, Source, StepOutcome};

fn operating() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md")).unwrap()
}

/// What stands in backticks in a text, in its order.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What stands in backticks behind `after` in the one row of a table whose first cell contains `name`.
fn listed<'a>(document: &'a str, name: &str, after: &str) -> BTreeSet<&'a str> {
    let has_name =
        |line: &&str| line.starts_with('|') && line.split('|').nth(1).is_some_and(|cell| cell.contains(name));
    let rows: Vec<_> = document.lines().filter(has_name).filter(|line| line.contains(after)).collect();
    let [row] = rows[..] else { panic!("{} rows for {name}: {rows:?}", rows.len()) };
    quoted(row.split_once(after).unwrap().1).into_iter().collect()
}

#[test]
fn every_list_of_words_in_the_logs_and_the_metrics_is_that_of_its_enum() {
    let document = operating();
    let rows: [(&str, &str, Vec<&str>); 9] = [
        ("`fault`", "who caused", Source::ALL.map(Source::name).to_vec()),
        ("`cache`", "where the badge", CacheState::ALL.map(CacheState::name).to_vec()),
        ("`cache`", "the caches in memory", CACHES.into_iter().chain(["entries", "bytes"]).collect()),
        ("`format`", "the format", [Format::Svg, Format::Png, Format::Json].map(Format::name).to_vec()),
        ("badgesmith_provider_badges_total", "`cache`:", CacheState::ALL.map(CacheState::name).to_vec()),
        ("badgesmith_provider_answers_total", "`cache`:", AnswerSource::ALL.map(AnswerSource::name).to_vec()),
        ("badgesmith_upstream_calls_total", "`outcome`:", ExchangeOutcome::ALL.map(ExchangeOutcome::name).to_vec()),
        ("badgesmith_step_duration_seconds", "`outcome`:", StepOutcome::ALL.map(StepOutcome::name).to_vec()),
        ("badgesmith_cache_entries", "`cache`:", CACHES.to_vec()),
    ];
    for (name, after, words) in rows {
        assert_eq!(listed(&document, name, after), words.into_iter().collect(), "{name}");
    }
}

#[test]
fn the_table_of_codes_has_every_code_of_the_engine_and_no_other() {
    let document = operating();
    let (_, table) = document.split_once("### Codes").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    let documented: BTreeSet<_> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(documented.len(), rows.len(), "a code stands there twice");
    assert_eq!(documented, Code::ALL.map(Code::name).into_iter().collect());
    for row in &rows {
        assert!(Source::ALL.into_iter().any(|source| source.name() == row[3]), "{row:?}");
    }
}
