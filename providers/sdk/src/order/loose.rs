//! The loose order, for tags of which only the names are known: the order of shields for a list of versions.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};

/// The longest version that is read by the rules of an order, in bytes. A longer one is compared as loose text.
pub(super) const LONGEST_VERSION: usize = 256;

/// The newest of these versions.
///
/// Only texts that contain numbers such as `1.2` count, or if there are none, those with any digit. Among these only
/// the stable ones count, or if there are none, all of them. Without a single digit the last text in alphabetical order
/// counts.
pub(super) fn newest<'a>(versions: &[&'a str], prerelease: bool) -> Option<&'a str> {
    let filtered = |is_wanted: &dyn Fn(&str) -> bool| -> Vec<&'a str> {
        versions.iter().copied().filter(|version| is_wanted(version)).collect()
    };
    let mut dotted = filtered(&has_dotted_numbers);
    if dotted.is_empty() {
        dotted = filtered(&|version| version.contains(|letter: char| letter.is_ascii_digit()));
    }
    let stable = dotted.iter().copied().filter(|version| !is_prerelease(version)).collect();
    let found = if prerelease { None } else { newest_of(stable) };
    let by_name = || versions.iter().copied().max_by_key(|version| version.to_lowercase());
    found.or_else(|| newest_of(dotted)).or_else(by_name)
}

/// Compares two versions: as Semantic Versioning if both can be read as that, and otherwise by their numbers.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    match (parse(left), parse(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => compare_numbers(left, right),
    }
}

/// Whether a text has a number, a dash and a word after that, as `1.0-rc` does.
pub(super) fn is_prerelease(version: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    version.as_bytes().windows(3).any(|text| text[0].is_ascii_digit() && text[1] == b'-' && is_word(&text[2]))
}

/// Compares by the first sequence of numbers and dots in each, then by the text after it. If one has no such sequence,
/// both are compared as texts. Only the beginning of a long text is read, since it may be compared with each of many
/// others.
pub(super) fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (Some(read_left), Some(read_right)) = (first_numbers(beginning(left)), first_numbers(beginning(right))) else {
        return left.cmp(right);
    };
    let numbers = |text: &str| -> Vec<u64> { text.split('.').map(|part| whole_number(part).unwrap_or(0)).collect() };
    numbers(read_left.0).cmp(&numbers(read_right.0)).then_with(|| read_left.1.cmp(read_right.1)).then_with(|| {
        // Two texts with the same beginning are compared by the lengths of their rests, so that they do not count as
        // equal.
        let beyond = |text: &'_ str| text.len().saturating_sub(LONGEST_VERSION);
        beyond(left).cmp(&beyond(right))
    })
}

/// The part of a text that is read, in whole characters.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_VERSION)]
}

/// The number that the digits form, or the largest number if it is too large; `None` without digits, or with other
/// characters.
pub(super) fn whole_number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// The newest by Semantic Versioning if all of them can be read as that, and otherwise by their numbers.
fn newest_of(versions: Vec<&str>) -> Option<&str> {
    let read: Option<Vec<_>> = versions.iter().map(|version| Some((parse(version)?, *version))).collect();
    match read {
        Some(read) => read.into_iter().max_by(|left, right| left.0.cmp(&right.0)).map(|(_, version)| version),
        // Among equal ones the first counts, unlike above.
        None => versions
            .into_iter()
            .reduce(|newest, next| if compare_numbers(newest, next) == Ordering::Less { next } else { newest }),
    }
}

/// Reads Semantic Versioning as loosely as npm does: with `v` or `=` before it, with leading zeros, without the dash
/// before a prerelease, and without regard to case.
fn parse(text: &str) -> Option<Version> {
    if text.len() > LONGEST_VERSION {
        return None;
    }
    let lower = text.trim().to_lowercase();
    let bare = lower.trim_start_matches(['v', '=', ' ']);
    let (release, build) = bare.split_once('+').map_or((bare, None), |(release, build)| (release, Some(build)));
    let mut numbers = release.splitn(3, '.');
    let (major, minor, rest) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (patch, labels) = rest.split_at(end);
    let labels = labels.strip_prefix('-').unwrap_or(labels);
    let labels: Vec<_> = labels.split('.').map(without_zeros).collect();
    Some(Version {
        major: whole_number(major)?,
        minor: whole_number(minor)?,
        patch: whole_number(patch)?,
        pre: Prerelease::new(&labels.join(".")).ok()?,
        build: BuildMetadata::new(build.unwrap_or_default()).ok()?,
    })
}

/// A number without leading zeros; any other text unchanged.
fn without_zeros(label: &str) -> &str {
    match whole_number(label) {
        Some(0) => "0",
        Some(_) => label.trim_start_matches('0'),
        None => label,
    }
}

/// Whether a text has two numbers with a dot between them.
fn has_dotted_numbers(text: &str) -> bool {
    let is_dotted = |text: &[u8]| text[0].is_ascii_digit() && text[1] == b'.' && text[2].is_ascii_digit();
    text.as_bytes().windows(3).any(is_dotted)
}

/// The first sequence of digits and dots, and the text after it.
fn first_numbers(text: &str) -> Option<(&str, &str)> {
    let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let row = &text[text.find(is_number)?..];
    Some(row.split_at(row.find(|letter| !is_number(letter)).unwrap_or(row.len())))
}
