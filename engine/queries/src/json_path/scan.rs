//! What a path that can be read is made of, as far as its cost depends on it.
//!
//! The reader keeps what it read to itself, so the text is looked over once more: steps, their selectors, and in
//! filters the paths that are followed for every candidate. A text that is no path may come out as anything.

use regex::RegexBuilder;

/// How deep filters may stand in filters.
pub(super) const DEEPEST_FILTER: usize = 4;
/// The longest pattern of `match` and `search`, in bytes: each is compiled anew for every candidate.
const LONGEST_PATTERN: usize = 128;
/// How large such a pattern may become, in bytes.
const LARGEST_PATTERN: usize = 256 * 1024;

/// A path: where it leads, step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
    /// Whether a pattern in it is none that may be compiled for every candidate.
    pub(super) is_unbounded: bool,
}

/// One segment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// Whether it begins with `..`.
    pub(super) descends: bool,
    pub(super) selectors: Vec<Selector>,
}

/// One selector.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selector {
    /// A name or an index: one child at the most.
    One,
    /// A wildcard, a slice or a filter: every child, each with these paths followed for it.
    All(Vec<Followed>),
}

/// What a filter does for every candidate.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Followed {
    /// A path from the candidate.
    Here(Vec<Step>),
    /// A path from the root.
    Root(Vec<Step>),
    /// A pattern, compiled and searched with.
    Pattern,
}

/// Looks over a whole path.
pub(super) fn path(text: &str) -> Option<Path> {
    let mut scan = Scan { rest: text.strip_prefix('$')?, is_unbounded: false };
    let steps = scan.steps()?;
    scan.rest.trim().is_empty().then_some(Path { steps, is_unbounded: scan.is_unbounded })
}

/// How many filters stand in each other, at the deepest place.
pub(super) fn filters_in_filters(text: &str) -> usize {
    let (mut quote, mut is_escaped, mut deepest) = (None, false, 0);
    // For each open bracket whether a filter begins in it.
    let mut open: Vec<bool> = Vec::new();
    for letter in text.chars() {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(mark), _) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => open.push(false),
            (None, ']') => drop(open.pop()),
            (None, '?') => {
                if let Some(is_filter) = open.last_mut() {
                    *is_filter = true;
                }
                deepest = deepest.max(open.iter().filter(|is_filter| **is_filter).count());
            }
            (None, _) => {}
        }
    }
    deepest
}

struct Scan<'t> {
    rest: &'t str,
    is_unbounded: bool,
}

impl<'t> Scan<'t> {
    /// Every segment up to what is none.
    fn steps(&mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            let ahead = self.rest.trim_start();
            if let Some(after) = ahead.strip_prefix("..") {
                self.rest = after;
                let selectors = if after.starts_with('[') { self.brackets()? } else { vec![self.shorthand()] };
                steps.push(Step { descends: true, selectors });
            } else if let Some(after) = ahead.strip_prefix('.') {
                self.rest = after;
                steps.push(Step { descends: false, selectors: vec![self.shorthand()] });
            } else if ahead.starts_with('[') {
                self.rest = ahead;
                steps.push(Step { descends: false, selectors: self.brackets()? });
            } else {
                return Some(steps);
            }
        }
    }

    /// A star or a name behind a dot.
    fn shorthand(&mut self) -> Selector {
        if let Some(after) = self.rest.strip_prefix('*') {
            self.rest = after;
            return Selector::All(Vec::new());
        }
        self.word();
        Selector::One
    }

    /// Letters, digits and underscores, as names and functions are written.
    fn word(&mut self) -> &'t str {
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii();
        let end = self.rest.find(|letter| !is_name(letter)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        word
    }

    /// `[selector, …]`.
    fn brackets(&mut self) -> Option<Vec<Selector>> {
        self.rest = self.rest.strip_prefix('[')?;
        let mut selectors = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            selectors.push(match self.rest.chars().next()? {
                '\'' | '"' => {
                    self.quoted()?;
                    Selector::One
                }
                '*' => {
                    self.rest = &self.rest[1..];
                    Selector::All(Vec::new())
                }
                '?' => {
                    self.rest = &self.rest[1..];
                    Selector::All(self.filter(&[',', ']'])?)
                }
                _ => {
                    let (number, after) = self.rest.split_at(self.rest.find([',', ']'])?);
                    self.rest = after;
                    if number.contains(':') { Selector::All(Vec::new()) } else { Selector::One }
                }
            });
            self.rest = self.rest.trim_start();
            let end = self.rest.chars().next()?;
            self.rest = self.rest.get(1..)?;
            match end {
                ',' => {}
                ']' => return Some(selectors),
                _ => return None,
            }
        }
    }

    /// A text in quotes, with them.
    fn quoted(&mut self) -> Option<&'t str> {
        let mark = self.rest.chars().next()?;
        let mut is_escaped = false;
        for (at, letter) in self.rest.char_indices().skip(1) {
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                _ if letter == mark => {
                    let (quoted, after) = self.rest.split_at(at + 1);
                    self.rest = after;
                    return Some(quoted);
                }
                _ => {}
            }
        }
        None
    }

    /// A filter, or an argument in it, up to one of `ends` outside of its own brackets.
    fn filter(&mut self, ends: &[char]) -> Option<Vec<Followed>> {
        let mut followed = Vec::new();
        let mut depth = 0_usize;
        loop {
            let letter = self.rest.chars().next()?;
            match letter {
                _ if depth == 0 && ends.contains(&letter) => return Some(followed),
                '\'' | '"' => drop(self.quoted()?),
                '@' | '$' => {
                    self.rest = &self.rest[1..];
                    let steps = self.steps()?;
                    followed.push(if letter == '@' { Followed::Here(steps) } else { Followed::Root(steps) });
                }
                _ if letter.is_ascii_alphabetic() => {
                    let word = self.word();
                    if matches!(word, "match" | "search") && self.rest.starts_with('(') {
                        followed.extend(self.pattern()?);
                    }
                }
                _ => {
                    match letter {
                        '(' => depth += 1,
                        ')' => depth = depth.checked_sub(1)?,
                        _ => {}
                    }
                    self.rest = &self.rest[letter.len_utf8()..];
                }
            }
        }
    }

    /// The arguments of `match` and `search`, of which the second is to be a pattern that compiles at once.
    fn pattern(&mut self) -> Option<Vec<Followed>> {
        self.rest = self.rest.strip_prefix('(')?;
        let mut followed = self.filter(&[','])?;
        self.rest = self.rest.strip_prefix(',')?.trim_start();
        let is_literal = self.rest.starts_with(['\'', '"']);
        let pattern = if is_literal { self.quoted()? } else { "" };
        followed.extend(self.filter(&[')'])?);
        self.rest = self.rest.strip_prefix(')')?;
        self.is_unbounded |= !is_literal || !is_cheap(pattern);
        followed.push(Followed::Pattern);
        Some(followed)
    }
}

/// Whether a pattern in its quotes is short and stays small.
fn is_cheap(quoted: &str) -> bool {
    let pattern = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let pattern = pattern.replace("\\\\", "\\").replace("\\'", "'").replace("\\\"", "\"");
    pattern.len() <= LONGEST_PATTERN && RegexBuilder::new(&pattern).size_limit(LARGEST_PATTERN).build().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(steps: &[Step]) -> String {
        let followed = |followed: &Followed| match followed {
            Followed::Here(steps) => format!("@{}", shown(steps)),
            Followed::Root(steps) => format!("${}", shown(steps)),
            Followed::Pattern => "~".to_owned(),
        };
        let selector = |selector: &Selector| match selector {
            Selector::One => "1".to_owned(),
            Selector::All(all) => format!("*{}", all.iter().map(followed).collect::<String>()),
        };
        let step = |step: &Step| {
            let selectors: Vec<_> = step.selectors.iter().map(selector).collect();
            format!("{}{}", if step.descends { ".." } else { "." }, selectors.join(","))
        };
        steps.iter().map(step).collect()
    }

    #[test]
    fn a_path_is_taken_apart_as_the_reader_reads_it() {
        let rows = [
            ("$", ""),
            ("$.a.b", ".1.1"),
            ("$..a[*]", "..1.*"),
            ("$ .a [ 'x]' , \"y\" , 0 , -1 , 1:2 , * ]", ".1.1,1,1,1,*,*"),
            ("$..*..['a','b']", "..*..1,1"),
            ("$[?@.a == 'it\\'s ]' && ($.b[0] < 3 || !@..c)].d", ".*@.1$.1.1@..1.1"),
            ("$[?@.a,?@.b]", ".*@.1,*@.1"),
            ("$[?count(@.*) > 1]", ".*@.*"),
            ("$[?@[?@.a]]", ".*@.*@.1"),
            ("$[?match(@.a, 'x[0-9]')]", ".*@.1~"),
            ("$[?length(@.a) > 1 && search(@['b'], \"c\")]", ".*@.1@.1~"),
            ("$.é_1", ".1"),
        ];
        for (text, expected) in rows {
            assert!(serde_json_path::JsonPath::parse(text).is_ok(), "{text}");
            let path = path(text).unwrap();
            assert_eq!(shown(&path.steps), expected, "{text}");
            assert!(!path.is_unbounded, "{text}");
        }
    }

    #[test]
    fn a_pattern_is_compiled_for_every_candidate_only_if_it_is_written_there_and_small() {
        for text in ["$[?match(@.a, @.b)]", "$[?match(@.a, '[a-z]{1000}{100}')]", "$[?search(@.a, '\\\\w{99}')]"] {
            assert!(path(text).unwrap().is_unbounded, "{text}");
        }
    }

    #[test]
    fn filters_are_counted_where_they_stand_in_filters() {
        for (text, expected) in [("$.a", 0), ("$[?@.a][?@.b]", 1), ("$[?@[?@.a]]", 2), ("$['?[?']", 0)] {
            assert_eq!(filters_in_filters(text), expected, "{text}");
        }
    }
}
