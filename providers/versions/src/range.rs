//! A NuGet version range: `1.0`, `[1.0,2.0)`, `1.*`, `[1.*-rc*, 2.0.0)`.

use std::ops::Bound;

use crate::version::{Version, numbers};

#[cfg(test)]
mod vectors;

/// The longest text of a range, in bytes.
const LONGEST: usize = 256;

/// A range in NuGet's syntax: two bounds, of which the lower one may float.
/// <https://learn.microsoft.com/en-us/nuget/concepts/package-versioning#version-ranges>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range<'a> {
    min: Bound<Version<'a>>,
    max: Bound<Version<'a>>,
    float: Option<Float<'a>>,
}

/// The floating part of a range, written with a star. NuGet treats it as a preference among the versions within the
/// bounds; here it is a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Float<'a> {
    /// The number of leading version numbers that must be equal to those of the lower bound: those before the first
    /// star.
    fixed: usize,
    /// The prefix that the labels of a prerelease must have; `None` if only stable versions match.
    prefix: Option<&'a str>,
}

impl<'a> Range<'a> {
    /// Reads a range. `None` if NuGet would refuse it, no version could satisfy it, or it has more than 256 bytes.
    /// Empty or blank text is the range without bounds.
    ///
    /// ```
    /// use badgesmith_versions::{Range, Version};
    ///
    /// let range = Range::parse("1.*").unwrap();
    /// assert!(range.satisfied_by(&Version::parse("1.9").unwrap()));
    /// assert!(!range.satisfied_by(&Version::parse("2.0").unwrap()));
    /// assert_eq!(Range::parse("~1.0"), None);
    /// ```
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let text = text.trim();
        if text.is_empty() {
            return Some(Self { min: Bound::Unbounded, max: Bound::Unbounded, float: None });
        }
        let Some((open, inner, close)) = brackets(text) else {
            let (version, float) = lower(text)?;
            return Some(Self { min: Bound::Included(version), max: Bound::Unbounded, float });
        };
        let Some((min, max)) = inner.split_once(',') else {
            let exactly = Bound::Included(Version::parse(inner)?);
            return matches!((open, close), ('[', ']')).then_some(Self { min: exactly, max: exactly, float: None });
        };
        let (min, max) = (some_text(min), some_text(max));
        if min.is_none() && max.is_none() {
            return None;
        }
        let (min, float) = match min {
            None => (Bound::Unbounded, None),
            Some(min) => {
                let (version, float) = lower(min)?;
                (bound(version, open == '['), float)
            }
        };
        let max = match max {
            None => Bound::Unbounded,
            Some(max) => bound(Version::parse(max)?, close == ']'),
        };
        in_order(&min, &max).then_some(Self { min, max, float })
    }

    /// Whether the range contains this version.
    ///
    /// This is stricter than NuGet's `Satisfies` in two points, because no resolver chooses among the versions
    /// afterwards: a prerelease of an excluded upper bound is not in the range (`2.0.0-preview1` is not in
    /// `[1.0,2.0)`), and a float is a limit (`2.0.0` is not in `1.*`, nor is a prerelease, as in NuGet's floats without
    /// a prerelease part).
    pub fn satisfied_by(&self, version: &Version<'_>) -> bool {
        self.above_min(version) && self.below_max(version) && self.floats_to(version)
    }

    fn above_min(&self, version: &Version<'_>) -> bool {
        match &self.min {
            Bound::Included(min) => version >= min,
            Bound::Excluded(min) => version > min,
            Bound::Unbounded => true,
        }
    }

    fn below_max(&self, version: &Version<'_>) -> bool {
        match &self.max {
            Bound::Included(max) => version <= max,
            Bound::Excluded(max) if max.is_prerelease() => version < max,
            // Compares only the numbers, so that the prereleases of a stable bound are excluded too.
            Bound::Excluded(max) => version.numbers() < max.numbers(),
            Bound::Unbounded => true,
        }
    }

    fn floats_to(&self, version: &Version<'_>) -> bool {
        let (Some(float), Bound::Included(min) | Bound::Excluded(min)) = (&self.float, &self.min) else {
            return true;
        };
        let same_numbers = version.numbers().iter().zip(min.numbers()).take(float.fixed).all(|(a, b)| a == b);
        same_numbers
            && (!version.is_prerelease() || float.prefix.is_some_and(|prefix| begins(version.labels(), prefix)))
    }
}

/// Reads a lower bound, the only one that may float: `1.2`, `1.*`, `1.2.0-beta*`, `1.*-rc*`.
fn lower(text: &str) -> Option<(Version<'_>, Option<Float<'_>>)> {
    let Some(head) = text.strip_suffix('*') else {
        return Some((Version::parse(text)?, None));
    };
    let Some((head, prefix)) = head.split_once('-') else {
        let (numbers, fixed) = floating_numbers(head)?;
        return Some((Version::stable(numbers), Some(Float { fixed, prefix: None })));
    };
    let (numbers, fixed) = match head.strip_suffix('*') {
        Some(head) => floating_numbers(head)?,
        None => (only_numbers(head)?.0, 4),
    };
    // `0` is the lowest possible label. NuGet's lower bound for `beta.*` is `beta.0`; `beta` gives the same range,
    // because the prefix excludes the labels between them. Only `(1.0.0-beta.*,)` differs: it has `beta.0`, which NuGet
    // excludes.
    let labels = if prefix.is_empty() { "0" } else { prefix.strip_suffix('.').unwrap_or(prefix) };
    Some((Version::prerelease(numbers, labels)?, Some(Float { fixed, prefix: Some(prefix) })))
}

/// The lowest numbers of a float and how many of them are fixed, read from the text before the star.
///
/// The star is read as a zero, so `1.1*` starts at 1.10 and has every later 1.x. NuGet reads it so, and so does
/// <https://github.com/renovatebot/renovate>.
fn floating_numbers(head: &str) -> Option<([u32; 4], usize)> {
    let (numbers, count) = only_numbers(&format!("{head}0"))?;
    Some((numbers, count - 1))
}

fn only_numbers(text: &str) -> Option<([u32; 4], usize)> {
    let (numbers, count, rest) = numbers(text)?;
    rest.is_empty().then_some((numbers, count))
}

fn brackets(text: &str) -> Option<(char, &str, char)> {
    let open = text.chars().next().filter(|c| "[(".contains(*c))?;
    let close = text.chars().next_back().filter(|c| "])".contains(*c))?;
    Some((open, text.get(1..text.len() - 1)?, close))
}

fn some_text(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn bound(version: Version<'_>, included: bool) -> Bound<Version<'_>> {
    if included { Bound::Included(version) } else { Bound::Excluded(version) }
}

fn in_order(min: &Bound<Version<'_>>, max: &Bound<Version<'_>>) -> bool {
    match (min, max) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
        (Bound::Included(min), Bound::Included(max)) => min <= max,
        (Bound::Included(min) | Bound::Excluded(min), Bound::Included(max) | Bound::Excluded(max)) => min < max,
    }
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Range<'_> {
        Range::parse(text).unwrap_or_else(|| panic!("{text:?} is refused"))
    }

    #[track_caller]
    fn check(range: &str, inside: &[&str], outside: &[&str]) {
        let range = parse(range);
        let satisfied = |text: &&str| range.satisfied_by(&Version::parse(text).unwrap());
        assert_eq!(inside.iter().copied().filter(|text| !satisfied(text)).collect::<Vec<_>>(), [""; 0], "lie outside");
        assert_eq!(outside.iter().copied().filter(satisfied).collect::<Vec<_>>(), [""; 0], "lie inside");
    }

    #[test]
    fn a_bound_is_included_or_excluded_as_its_bracket_says() {
        check("1.0", &["1.0.0", "1.0.0.1", "9.0.0-rc"], &["0.9", "1.0.0-rc"]);
        check("[1.0]", &["1.0.0", "1.0+abc"], &["1.0.0.1", "1.0.0-rc"]);
        check("[1.0,1.0]", &["1.0.0"], &["1.0.0.1", "1.0.0-rc"]);
        check("[1.0,2.0]", &["1.0", "2.0.0-rc", "2.0"], &["0.9", "2.0.0.1"]);
        check("(1.0,2.0)", &["1.0.0.1", "1.9.9"], &["1.0", "2.0"]);
        check("(,2.0]", &["0.0.1-a", "2.0"], &["2.1"]);
        check("(1.0,]", &["1.0.1", "99"], &["1.0"]);
        check(" [ 1.0 , 2.0 ) ", &["1.0", "1.5.0-rc"], &["2.0"]);
    }

    #[test]
    fn a_prerelease_of_an_excluded_stable_bound_lies_outside() {
        check("[1.0,2.0)", &["1.9.9-preview1", "1.9.9.9-preview1"], &["2.0.0-0", "2.0.0-preview1"]);
        check("(,2.0.0.1)", &["2.0.0", "2.0.0-preview1"], &["2.0.0.1-preview1"]);
        check("[1.0,2.0.0-preview2)", &["2.0.0-preview1"], &["2.0.0-preview2", "2.0.0"]);
    }

    #[test]
    fn no_text_is_the_range_without_bounds() {
        check("", &["0.0.0-0", "1.0", "99.0.0-rc"], &[]);
        check("  ", &["0.0.0-0", "1.0", "99.0.0-rc"], &[]);
    }

    #[test]
    fn a_range_has_a_longest_text() {
        let blank = " ".repeat(LONGEST);
        assert!(Range::parse(&blank).is_some());
        assert!(Range::parse(&(blank + " ")).is_none());
    }

    #[test]
    fn a_float_holds_the_numbers_before_its_star() {
        check("*", &["0.0", "1.0", "99"], &["1.0.0-rc"]);
        check("1.*", &["1.0", "1.9.9.9"], &["0.9", "1.5.0-rc", "2.0"]);
        check("1.2.*", &["1.2.0", "1.2.7"], &["1.1.9", "1.3"]);
        check("1.2.3.*", &["1.2.3", "1.2.3.4"], &["1.2.4"]);
        check("[1.*,1.5)", &["1.4"], &["1.5", "2.0"]);
        check("(1.0.*,2.0)", &["1.0.1"], &["1.0.0", "1.1"]);
    }

    #[test]
    fn the_star_behind_a_digit_stands_for_a_zero() {
        check("1.1*", &["1.10", "1.20"], &["1.1", "1.9", "2.0"]);
    }

    #[test]
    fn a_prerelease_float_has_the_prereleases_that_begin_so_and_the_stable_versions() {
        check("*-*", &["0.0.0-0", "1.0", "2.0.0-rc"], &[]);
        check("1.*-*", &["1.0.0-0", "1.9"], &["0.9", "2.0.0-rc"]);
        check("1.*-rc*", &["1.0.0-rc", "1.5.0-RC.2", "1.9"], &["1.5.0-beta", "1.5.0-r", "2.0.0-rc"]);
        check("1.0.0-*", &["1.0.0-0", "1.0.0-rc", "1.0.0"], &["1.0.0.1", "1.0.1", "1.0.1-rc"]);
        check("1.0.0-beta*", &["1.0.0-beta", "1.0.0-BETA2", "1.0"], &["1.0.0-alpha", "1.0.0-rc", "1.1"]);
        check("1.0.0-beta.*", &["1.0.0-beta.0", "1.0.0-beta.x", "1.0"], &["1.0.0-beta", "1.0.0-beta2"]);
        check("1.0.0--*", &["1.0.0--", "1.0.0--a"], &["1.0.0-a"]);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            ",",
            "[]",
            "(,)",
            "[,]",
            "[ , ]",
            "[",
            "(",
            "[1.0",
            "1.0]",
            "1.0,2.0",
            "(1.0)",
            "[1.0)",
            "(1.0]",
            "[1,2,3]",
            "[2,1]",
            "[1,1)",
            "(1,1]",
            "(1,1)",
            "[*]",
            "[1.0,1.*]",
            "(,*)",
            "**",
            "1.**",
            "*.1",
            "1.*.0",
            "1.0.0.0.*",
            "1.*-rc",
            "1.0-01*",
            "1.0-.*",
            "1.0-a..*",
            "1.0+*",
            "1.0-a+*",
            "-*",
            "^1.0",
            "~1.0",
            ">=1.0",
            "1.x",
            "latest",
            "v1",
            "é",
            "[é",
        ] {
            assert!(Range::parse(text).is_none(), "{text:?} is read");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(text in any::<String>(), near in "[\\[(]?[ 0-2.,a*+-]{0,20}[\\])é]?") {
            let _ = Range::parse(&text);
            let _ = Range::parse(&near);
        }
    }
}
