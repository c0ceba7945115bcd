//! The order of RubyGems, of Ruby's packages: the documentation of `Gem::Version`,
//! <https://docs.ruby-lang.org/en/master/Gem/Version.html>.

use std::cmp::Ordering;

/// The segments of a version, without the zeros at the end of its numbers and at its end.
pub(super) struct Segments(Vec<Segment>);

#[derive(PartialEq, Eq)]
enum Segment {
    /// The digits without the zeros before them.
    Number(String),
    Word(String),
}

/// Reads a version: numbers and words between dots, and perhaps a dash, which stands for `.pre.`.
pub(super) fn parse(text: &str) -> Option<Segments> {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let text = text.trim().replacen('-', ".pre.", 1).replace('-', ".");
    if !text.starts_with(|first: char| first.is_ascii_digit()) || !text.split('.').all(is_part) {
        return None;
    }
    let segments: Vec<_> = text.split('.').flat_map(segments).collect();
    let first_word = segments.iter().position(|segment| matches!(segment, Segment::Word(_))).unwrap_or(segments.len());
    let mut kept = Vec::new();
    for (place, segment) in segments.into_iter().enumerate() {
        if place == first_word {
            drop_zeros(&mut kept);
        }
        kept.push(segment);
    }
    drop_zeros(&mut kept);
    Some(Segments(kept))
}

/// Compares two versions. A word is older than a number, and a missing segment is the number 0.
pub(super) fn compare(left: &Segments, right: &Segments) -> Ordering {
    let zero = Segment::Number(String::new());
    (0..left.0.len().max(right.0.len()))
        .map(|place| match (left.0.get(place).unwrap_or(&zero), right.0.get(place).unwrap_or(&zero)) {
            (Segment::Number(left), Segment::Number(right)) => (left.len(), left).cmp(&(right.len(), right)),
            (Segment::Word(left), Segment::Word(right)) => left.cmp(right),
            (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
            (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
        })
        .find(|compared| compared.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Whether a version has a letter.
pub(super) fn is_prerelease(version: &str) -> bool {
    version.contains('-') || version.contains(|letter: char| letter.is_ascii_alphabetic())
}

/// The numbers and the words of a part: `beta2` is both.
fn segments(part: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (segment, after) = rest.split_at(end);
        segments.push(if is_number {
            Segment::Number(segment.trim_start_matches('0').to_owned())
        } else {
            Segment::Word(segment.to_owned())
        });
        rest = after;
    }
    segments
}

fn drop_zeros(segments: &mut Vec<Segment>) {
    while matches!(segments.last(), Some(Segment::Number(digits)) if digits.is_empty()) {
        segments.pop();
    }
}
