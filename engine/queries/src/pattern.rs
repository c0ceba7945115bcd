//! A regex searched for in a text, and what its match is replaced with.
//!
//! The engine is linear in the text, but its factor is how many places of the regex it may be at once, so the product
//! of both is bounded. There is no backtracking, and no lookaround and no back reference, as in RE2.

use regex::{Captures, Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind},
};

use crate::Fault;

/// The longest regex, in bytes.
pub const LONGEST_PATTERN: usize = 1024;
/// How large a compiled regex may become, in bytes.
const LARGEST_PATTERN: usize = 4 * 1024 * 1024;
/// How deep its brackets may stand in each other.
const DEEPEST: u32 = 32;
/// The most places of a regex times the bytes of a text.
const MOST_STEPS: usize = 64 * 1024 * 1024;

/// A regex that was read.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    places: usize,
}

impl Pattern {
    /// Reads a regex. `flags` are shields': `i` without regard to case, `m` for `^` and `$` at lines, `s` for a dot that
    /// is a line's end too, `U` for what takes as little as it can.
    ///
    /// # Errors
    /// [`Fault::Regex`], [`Fault::Flags`], [`Fault::QueryTooLong`].
    pub fn read(search: &str, flags: &str) -> Result<Self, Fault> {
        if search.len() > LONGEST_PATTERN {
            return Err(Fault::QueryTooLong);
        }
        if !flags.chars().all(|flag| "imsU".contains(flag)) {
            return Err(Fault::Flags);
        }
        let mut parser = ParserBuilder::new();
        let parsed = parser.nest_limit(DEEPEST).build().parse(search).map_err(|_| Fault::Regex)?;
        let regex = RegexBuilder::new(search)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .swap_greed(flags.contains('U'))
            .nest_limit(DEEPEST)
            .size_limit(LARGEST_PATTERN)
            .build();
        Ok(Self { regex: regex.map_err(|_| Fault::Regex)?, places: places(&parsed) })
    }

    /// The first match in a text, or what `replace` makes of it: `$1` and `$<name>` are groups, `$&` is the match, `$$`
    /// a dollar, as in JavaScript.
    ///
    /// ```
    /// use badgesmith_queries::Pattern;
    ///
    /// let pattern = Pattern::read("^version = (.*)$", "m").unwrap();
    /// assert_eq!(pattern.find("name = wave\nversion = 2.4\n", Some("$1 ($$)")).unwrap(), "2.4 ($)");
    /// ```
    ///
    /// # Errors
    /// [`Fault::NoResult`], [`Fault::TooLarge`], [`Fault::TooManySteps`].
    pub fn find(&self, text: &str, replace: Option<&str>) -> Result<String, Fault> {
        if text.len() > crate::LARGEST_DOCUMENT {
            return Err(Fault::TooLarge);
        }
        if self.places.saturating_mul(text.len()) > MOST_STEPS {
            return Err(Fault::TooManySteps);
        }
        let Some(replace) = replace else {
            return self.regex.find(text).map(|found| found.as_str().to_owned()).ok_or(Fault::NoResult);
        };
        let found = self.regex.captures(text).ok_or(Fault::NoResult)?;
        Ok(replaced(&found, replace))
    }
}

/// How many letters and classes a regex is, its repetitions written out.
fn places(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 1,
        HirKind::Repetition(repeated) => {
            let times = repeated.max.unwrap_or(repeated.min).max(1) as usize;
            places(&repeated.sub).saturating_mul(times)
        }
        HirKind::Capture(capture) => places(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(places).fold(0, usize::saturating_add),
    }
}

fn replaced(found: &Captures, replace: &str) -> String {
    let mut text = String::with_capacity(replace.len());
    let mut rest = replace;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (group, length) = reference(found, rest);
        match group {
            Some(group) => text.push_str(group),
            None => text.push('$'),
        }
        rest = &rest[length..];
    }
    text + rest
}

/// What stands for the reference behind a dollar, and how long that is; `None` is the dollar itself.
fn reference<'t>(found: &Captures<'t>, rest: &str) -> (Option<&'t str>, usize) {
    let matched = |group: Option<regex::Match<'t>>| Some(group.map_or("", |group| group.as_str()));
    if rest.starts_with('$') {
        return (None, 1);
    }
    if rest.starts_with('&') {
        return (matched(found.get(0)), 1);
    }
    if let Some((name, _)) = rest.strip_prefix('<').and_then(|name| name.split_once('>')) {
        return (matched(found.name(name)), name.len() + 2);
    }
    // Two digits where there is such a group, otherwise one.
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    for length in (1..=digits).rev() {
        let number = rest[..length].parse().unwrap_or(0);
        if (1..found.len()).contains(&number) {
            return (matched(found.get(number)), length);
        }
    }
    (None, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_replaced_as_in_javascript() {
        let rows = [
            ("abc", "a(.)c", Some("$1"), "", Ok("b")),
            ("abc", "(.)(.)", Some("$2"), "", Ok("b")),
            ("abc", "(?<x>.)", Some("$<x>"), "", Ok("a")),
            ("abc", "(?P<x>.)b", Some("[$&]$$1 $9 $0 $"), "", Ok("[ab]$1 $9 $0 $")),
            ("abc", "(a)b", Some("$10"), "", Ok("a0")),
            ("abcdefghij", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", Some("$10$1"), "", Ok("ja")),
            ("abc", "a(x)?", Some("<$1>"), "", Ok("<>")),
            ("abc", "b.", None, "", Ok("bc")),
            ("abc", "b", Some(""), "", Ok("")),
            ("abc", "A", None, "i", Ok("a")),
            ("abc\ndef", "^d", None, "m", Ok("d")),
            ("abc\ndef", "c(.)", Some("$1"), "s", Ok("\n")),
            ("aaa", "a+", None, "U", Ok("a")),
            ("abc", "A", None, "", Err(Fault::NoResult)),
            ("abc", "a", None, "g", Err(Fault::Flags)),
            ("abc", "(a", None, "", Err(Fault::Regex)),
            ("abc", "(?=a)", None, "", Err(Fault::Regex)),
            ("abc", "(.)\\1", None, "", Err(Fault::Regex)),
        ];
        for (text, search, replace, flags, expected) in rows {
            let found = Pattern::read(search, flags).and_then(|pattern| pattern.find(text, replace));
            assert_eq!(found, expected.map(str::to_owned), "{search} in {text}");
        }
    }

    #[test]
    fn a_regex_that_could_be_at_too_many_places_is_refused() {
        let text = "01".repeat(512 * 1024);
        for (search, expected) in [
            ("(?:[01]*1[01]{80})2", Fault::TooManySteps),
            ("(?:(?:a?){10}){10}", Fault::TooManySteps),
            ("(a|a)+$", Fault::NoResult),
            ("(a+)+$", Fault::NoResult),
            ("[01]{9999999}", Fault::Regex),
            ("(?:(?:\\w{100}){100}){100}", Fault::Regex),
            (&"(".repeat(100), Fault::Regex),
            (&"a".repeat(1025), Fault::QueryTooLong),
        ] {
            let found = Pattern::read(search, "").and_then(|pattern| pattern.find(&text, None));
            assert_eq!(found, Err(expected), "{}", &search[..search.len().min(40)]);
        }
    }
}
