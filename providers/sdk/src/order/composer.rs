//! The order of Composer, of PHP's packages.

use std::cmp::Ordering;

use super::loose::{LONGEST_VERSION, whole_number};

/// A version: its numbers, then its stage, then the stage's number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    numbers: Vec<u64>,
    stage: Stage,
    count: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Alpha,
    Beta,
    Candidate,
    Stable,
    Patch,
    Development,
}

/// The words of the stages, longer ones before their beginnings.
const STAGES: [(&str, Stage); 9] = [
    ("stable", Stage::Stable),
    ("beta", Stage::Beta),
    ("b", Stage::Beta),
    ("rc", Stage::Candidate),
    ("alpha", Stage::Alpha),
    ("a", Stage::Alpha),
    ("patch", Stage::Patch),
    ("pl", Stage::Patch),
    ("p", Stage::Patch),
];

/// Compares two versions; as texts, if one of them is not a version.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let [left, right] = [left, right].map(|text| text.strip_prefix('v').unwrap_or(text));
    match (parse(left), parse(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}

/// Whether a version has no stage, or is a patch of a stable version.
pub(super) fn is_stable(version: &str) -> bool {
    let read = parse(version.strip_prefix('v').unwrap_or(version));
    read.is_some_and(|read| matches!(read.stage, Stage::Stable | Stage::Patch))
}

/// Reads `1.2.3-RC1`: numbers, perhaps a stage with numbers after one of `.`, `_` and `-` or none, perhaps `dev`.
fn parse(text: &str) -> Option<Read> {
    if text.len() > LONGEST_VERSION {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let (numbers, mut rest) = split_numbers(&lower)?;
    let mut read = Read { numbers, stage: Stage::Stable, count: 1 };
    let bare = rest.strip_prefix(['.', '_', '-']).unwrap_or(rest);
    if let Some((word, stage)) = STAGES.into_iter().find(|(word, _)| bare.starts_with(word)) {
        let tail = &bare[word.len()..];
        let end = tail.find(|letter: char| !matches!(letter, '0'..='9' | '.' | '-')).unwrap_or(tail.len());
        let (count, after) = tail.split_at(tail[..end].trim_end_matches(['.', '-']).len());
        let digits: String = count.chars().filter(char::is_ascii_digit).collect();
        read.stage = stage;
        read.count =
            if stage == Stage::Stable { 1 } else { digits.parse().ok().filter(|count| *count > 0).unwrap_or(1) };
        rest = after;
    }
    match rest.strip_prefix(['.', '-']).unwrap_or(rest) {
        "dev" => Some(Read { stage: Stage::Development, count: 1, ..read }),
        "" if rest.is_empty() => Some(read),
        _ => None,
    }
}

/// The dotted numbers at the beginning, and what follows them.
fn split_numbers(text: &str) -> Option<(Vec<u64>, &str)> {
    let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.')).unwrap_or(text.len());
    let numbers = text[..end].trim_end_matches('.');
    let parts: Option<Vec<_>> = numbers.split('.').map(whole_number).collect();
    Some((parts?, &text[numbers.len()..]))
}
