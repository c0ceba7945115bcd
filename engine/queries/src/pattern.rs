//! Searches a text for a regex in RE2's syntax, and replaces the match.
//!
//! A text is searched with a lazy DFA. Both the size of its cache and the number of times that the cache is cleared are
//! bounded; a regex that fills the cache again and again is searched with the Pike VM instead. The Pike VM also finds
//! the capture groups, within the match only. Its work is the product of NFA states, groups and bytes, which is known
//! and bounded before it begins. There is no backtracking, no lookaround and no back reference, as in RE2.

mod re2_class;
mod re2_translator;
mod replacement;

use std::{cell::RefCell, ops::Range};

use regex_automata::{
    Anchored, Input, MatchKind,
    hybrid::dfa::{Cache, DFA},
    nfa::thompson::{Compiler, Config, NFA, WhichCaptures, pikevm::PikeVM},
    util::primitives::NonMaxUsize,
};
use regex_syntax::{ParserBuilder, hir::Hir};

use replacement::ReplacementPiece;

use crate::{
    limits::{LARGEST_DOCUMENT, LONGEST_PATTERN, MOST_BYTES, truncate},
    query_error::QueryError,
    step_budget::StepBudget,
};

/// The largest compiled regex, in bytes.
const LARGEST_PATTERN: usize = 1024 * 1024;
/// The deepest nesting of a translated regex; a translated word boundary is one level more.
const DEEPEST: u32 = 33;
/// The largest cache of the lazy DFA of one direction, in bytes.
const LARGEST_CACHE: usize = 1024 * 1024;
/// How often the cache may be cleared before the search fails and the Pike VM takes over.
const MOST_CLEARED: usize = 4;
/// The most steps of a regex through one text. A step of the Pike VM takes 5 nanoseconds, one of the DFA much less.
const MOST_STEPS: u64 = 64 * 1024 * 1024;
/// How many slots of groups the Pike VM copies in one step.
const SLOTS_A_STEP: usize = 4;
/// How many bytes the DFA reads in one step.
const BYTES_A_STEP: usize = 4;

/// A compiled regex.
#[derive(Debug)]
pub struct Pattern {
    hir: Hir,
    forward: DFA,
    backward: DFA,
    caches: RefCell<Caches>,
    /// The names of the groups. The first group is the match and has none.
    group_names: Vec<Option<String>>,
}

/// The caches of the lazy DFAs.
#[derive(Debug)]
struct Caches {
    forward: Cache,
    backward: Cache,
}

/// Where in a text the match and its groups are.
type Groups = Vec<Option<Range<usize>>>;

impl Pattern {
    /// Compiles a regex in RE2's syntax. `flags` are shields': `i` ignores case, with `m` `^` and `$` match at lines,
    /// with `s` a dot matches line ends, `U` swaps greedy and lazy.
    ///
    /// # Errors
    /// [`QueryError::Regex`], [`QueryError::Flags`], [`QueryError::QueryTooLong`].
    pub fn read(search: &str, flags: &str) -> Result<Self, QueryError> {
        if search.len() > LONGEST_PATTERN {
            return Err(QueryError::QueryTooLong);
        }
        if !flags.chars().all(|flag| "imsU".contains(flag)) {
            return Err(QueryError::Flags);
        }
        let mut parser = ParserBuilder::new();
        parser
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .swap_greed(flags.contains('U'))
            .nest_limit(DEEPEST);
        let hir = parser.build().parse(&re2_translator::translate(search)?).map_err(|_| QueryError::Regex)?;
        Self::compile(hir, LARGEST_PATTERN)
    }

    /// Compiles a regex of a JSONPath (RFC 9485), in which a dot does not match line ends. With `is_whole`, the regex
    /// has to match the whole text.
    pub(crate) fn of_path(regex: &str, is_whole: bool, largest: usize) -> Result<Self, QueryError> {
        let mut parser = ParserBuilder::new();
        parser.crlf(true).nest_limit(DEEPEST);
        let whole;
        let regex = if is_whole {
            whole = ["^(?:", regex, ")$"].concat();
            &whole
        } else {
            regex
        };
        Self::compile(parser.build().parse(regex).map_err(|_| QueryError::Regex)?, largest)
    }

    fn compile(hir: Hir, largest: usize) -> Result<Self, QueryError> {
        let dfa = |is_reverse: bool, kind: MatchKind| {
            let nfa = nfa(&hir, largest, is_reverse, WhichCaptures::None)?;
            let config = DFA::config()
                .match_kind(kind)
                .cache_capacity(LARGEST_CACHE)
                .skip_cache_capacity_check(true)
                .minimum_cache_clear_count(Some(MOST_CLEARED));
            DFA::builder().configure(config).build_from_nfa(nfa).map_err(|_| QueryError::Regex)
        };
        let forward = dfa(false, MatchKind::LeftmostFirst)?;
        let backward = dfa(true, MatchKind::All)?;
        let caches = Caches { forward: forward.create_cache(), backward: backward.create_cache() };
        let group_names = group_names(&hir, largest)?;
        Ok(Self { hir, forward, backward, caches: RefCell::new(caches), group_names })
    }

    /// The first match in a text, or its replacement, in which `$1` and `$<name>` are groups, `$&` is the match and
    /// `$$` a dollar, as in JavaScript. A result that is longer than any badge is truncated.
    ///
    /// ```
    /// use badgesmith_queries::Pattern;
    ///
    /// let pattern = Pattern::read("^version = (.*)$", "m").unwrap();
    /// assert_eq!(pattern.find("name = wave\nversion = 2.4\n", Some("$1 ($$)")).unwrap(), "2.4 ($)");
    /// ```
    ///
    /// # Errors
    /// [`QueryError::NoResult`], [`QueryError::TooLarge`], [`QueryError::TooManySteps`].
    pub fn find(&self, text: &str, replace: Option<&str>) -> Result<String, QueryError> {
        self.find_in(text, replace, &StepBudget::new(MOST_STEPS))
    }

    /// The first match, or its replacement, in each text that has a match. All texts together may take as many steps as
    /// one text may.
    ///
    /// ```
    /// use badgesmith_queries::Pattern;
    ///
    /// let pattern = Pattern::read("^release-(.*)$", "").unwrap();
    /// assert_eq!(pattern.find_each(["release-1.2", "nightly"], Some("$1")).unwrap(), ["1.2"]);
    /// ```
    ///
    /// # Errors
    /// [`QueryError::TooLarge`], [`QueryError::TooManySteps`].
    pub fn find_each<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t str>,
        replace: Option<&str>,
    ) -> Result<Vec<String>, QueryError> {
        let steps = StepBudget::new(MOST_STEPS);
        let mut found = Vec::new();
        for text in texts {
            match self.find_in(text, replace, &steps) {
                Ok(text) => found.push(text),
                Err(QueryError::NoResult) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }

    /// Whether it has a group.
    #[must_use]
    pub fn has_groups(&self) -> bool {
        self.group_names.len() > 1
    }

    fn find_in(&self, text: &str, replace: Option<&str>, steps: &StepBudget) -> Result<String, QueryError> {
        if text.len() > LARGEST_DOCUMENT {
            return Err(QueryError::TooLarge);
        }
        let found = self.search(text, steps)?.ok_or(QueryError::NoResult)?;
        let Some(replace) = replace else { return Ok(truncate(&text[found]).to_owned()) };
        let pieces = replacement::parse(replace, &self.group_names);
        let group = |piece: &ReplacementPiece| match piece {
            ReplacementPiece::Text(_) => 0,
            ReplacementPiece::Group(number) => *number,
        };
        let last = pieces.iter().map(group).max().unwrap_or(0);
        let groups = self.groups(text, found, last, steps)?;
        let mut shown = String::new();
        for piece in pieces {
            shown.push_str(match piece {
                ReplacementPiece::Text(text) => text,
                ReplacementPiece::Group(number) => {
                    groups.get(number).cloned().flatten().map_or("", |group| truncate(&text[group]))
                }
            });
            if shown.len() > MOST_BYTES {
                break;
            }
        }
        shown.truncate(truncate(&shown).len());
        Ok(shown)
    }

    /// Where the first match is.
    pub(crate) fn search(&self, text: &str, steps: &StepBudget) -> Result<Option<Range<usize>>, QueryError> {
        let mut caches = self.caches.borrow_mut();
        let Caches { forward, backward } = &mut *caches;
        let ended = search_with(&self.forward, forward, steps, text.len(), |dfa, cache| {
            dfa.try_search_fwd(cache, &Input::new(text)).map(|found| found.map(|found| found.offset())).ok()
        })?;
        let Some(ended) = ended else { return self.search_slowly(text, steps) };
        let Some(end) = ended else { return Ok(None) };
        let input = Input::new(text).range(..end).anchored(Anchored::Yes);
        let began = search_with(&self.backward, backward, steps, end, |dfa, cache| {
            dfa.try_search_rev(cache, &input).map(|found| found.map(|found| found.offset())).ok()
        })?;
        match began.flatten() {
            Some(start) => Ok(Some(start..end)),
            None => self.search_slowly(text, steps),
        }
    }

    /// As [`search`](Self::search), by the Pike VM.
    fn search_slowly(&self, text: &str, steps: &StepBudget) -> Result<Option<Range<usize>>, QueryError> {
        let groups = self.search_groups(&Input::new(text), 0, steps)?;
        Ok(groups.and_then(|groups| groups.into_iter().next().flatten()))
    }

    /// The match and its groups, up to the group `last`.
    fn groups(&self, text: &str, found: Range<usize>, last: usize, steps: &StepBudget) -> Result<Groups, QueryError> {
        if last == 0 {
            return Ok(vec![Some(found)]);
        }
        // The engine sees the whole text for `^` and `\b`, but searches the match only.
        let input = Input::new(text).range(found).anchored(Anchored::Yes);
        self.search_groups(&input, last, steps)?.ok_or(QueryError::NoResult)
    }

    /// The match and its groups, by the Pike VM.
    fn search_groups(&self, input: &Input<'_>, last: usize, steps: &StepBudget) -> Result<Option<Groups>, QueryError> {
        let captures = if last == 0 { WhichCaptures::Implicit } else { WhichCaptures::All };
        let nfa = nfa(&self.hir, usize::MAX, false, captures)?;
        let mut slots: Vec<Option<NonMaxUsize>> = vec![None; 2 * (last + 1)];
        // Each state is visited for every byte, and its slots are copied.
        let states = nfa.states().len().saturating_mul(1 + slots.len() / SLOTS_A_STEP);
        steps.spend(states.saturating_mul(input.get_span().len()))?;
        let engine = PikeVM::new_from_nfa(nfa).map_err(|_| QueryError::Regex)?;
        let found = engine.search_slots(&mut engine.create_cache(), input, &mut slots);
        let group = |slots: &[Option<NonMaxUsize>]| match slots {
            [Some(start), Some(end)] => Some(start.get()..end.get()),
            _ => None,
        };
        Ok(found.map(|_| slots.chunks(2).map(group).collect()))
    }
}

/// Searches with a lazy DFA, and spends steps for the bytes it reads and the states it builds. `None` if it gives up.
fn search_with<T>(
    dfa: &DFA,
    cache: &mut Cache,
    steps: &StepBudget,
    bytes: usize,
    search: impl FnOnce(&DFA, &mut Cache) -> Option<T>,
) -> Result<Option<T>, QueryError> {
    let before = (cache.clear_count(), cache.memory_usage());
    let found = search(dfa, cache);
    let cleared = cache.clear_count().saturating_sub(before.0);
    let built = (cleared * LARGEST_CACHE).saturating_add(cache.memory_usage()).saturating_sub(before.1);
    steps.spend(1 + bytes / BYTES_A_STEP + built / BYTES_A_STEP)?;
    Ok(found)
}

fn nfa(hir: &Hir, largest: usize, is_reverse: bool, captures: WhichCaptures) -> Result<NFA, QueryError> {
    let limit = (largest < usize::MAX).then_some(largest);
    let config = Config::new().nfa_size_limit(limit).reverse(is_reverse).which_captures(captures);
    Compiler::new().configure(config).build_from_hir(hir).map_err(|_| QueryError::Regex)
}

/// The names of the groups. The first group is the match and has none.
fn group_names(hir: &Hir, largest: usize) -> Result<Vec<Option<String>>, QueryError> {
    if hir.properties().explicit_captures_len() == 0 {
        return Ok(vec![None]);
    }
    let nfa = nfa(hir, largest.saturating_mul(2), false, WhichCaptures::All)?;
    // The translation puts an underscore before each name.
    let named = |name: Option<&str>| name.map(|name| name.strip_prefix('_').unwrap_or(name).to_owned());
    Ok(nfa.group_info().all_names().map(|(_, _, name)| named(name)).collect())
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
            ("abc", "(?P<_1>.)", Some("$<_1>"), "", Ok("a")),
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
            ("abc", "A", None, "", Err(QueryError::NoResult)),
            ("abc", "a", None, "g", Err(QueryError::Flags)),
            ("abc", "(a", None, "", Err(QueryError::Regex)),
            ("abc", "(?=a)", None, "", Err(QueryError::Regex)),
            ("abc", "(.)\\1", None, "", Err(QueryError::Regex)),
        ];
        for (text, search, replace, flags, expected) in rows {
            let found = Pattern::read(search, flags).and_then(|pattern| pattern.find(text, replace));
            assert_eq!(found, expected.map(str::to_owned), "{search} in {text}");
        }
    }

    /// Pseudo-random binary digits.
    fn digits(count: usize) -> String {
        let mut state = 1_u64;
        let digit = std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if state >> 63 == 0 { '0' } else { '1' }
        });
        digit.take(count).collect()
    }

    #[test]
    fn a_regex_that_takes_too_much_work_is_refused() {
        let text = digits(1024 * 1024);
        let groups = format!("(?s)^{}.*$", "(.)?".repeat(60));
        for (search, replace, expected) in [
            ("(?:[01]*1[01]{80})2", None, QueryError::TooManySteps),
            ("(?:(?:[01]{2}){9}[01]?){7}2", None, QueryError::NoResult),
            ("(a|a)+$", None, QueryError::NoResult),
            ("(a+)+$", None, QueryError::NoResult),
            ("[01]{9999999}", None, QueryError::Regex),
            ("(?:(?:\\w{100}){100}){100}", None, QueryError::Regex),
            (&"(".repeat(100), None, QueryError::Regex),
            (&"a".repeat(1025), None, QueryError::QueryTooLong),
            // Groups are followed through the whole of a match.
            (&groups, Some("$60"), QueryError::TooManySteps),
            ("((?:[01]{4}){9}|.)*", Some("$1"), QueryError::TooManySteps),
        ] {
            let found = Pattern::read(search, "").and_then(|pattern| pattern.find(&text, replace));
            assert_eq!(found, Err(expected), "{}", &search[..search.len().min(40)]);
        }
        // Groups that the replacement does not use cost nothing.
        let pattern = Pattern::read(&groups, "").unwrap();
        assert!(pattern.find(&text, Some("$&")).is_ok());
    }

    #[test]
    fn a_result_longer_than_any_badge_is_truncated() {
        let text = "é".repeat(100_000);
        let pattern = Pattern::read("((?:é)+)", "").unwrap();
        for replace in [None, Some("$1$1$1")] {
            let found = pattern.find(&text, replace).unwrap();
            assert!((MOST_BYTES - 1..=MOST_BYTES).contains(&found.len()), "{}", found.len());
        }
    }

    #[test]
    fn a_text_is_searched_as_re2_searches_it() {
        let rows = [
            ("xa{", "a{", "", "a{"),
            ("{\"version\": \"2.4.0\"}", "{\"version\": \"(.*?)\"", "", "{\"version\": \"2.4.0\""),
            ("<v>1</v>", "\\<v\\>.\\<\\/v\\>", "", "<v>1</v>"),
            ("a-b.c d", "[\\w-.]+", "", "a-b.c"),
            ("a[b", "[[a]+", "", "a["),
            ("a&b", "[a&&b]+", "", "a&b"),
            ("éa", "\\w", "", "a"),
            ("éa b", "\\ba\\b", "", "a"),
            ("٣3", "\\d", "", "3"),
            ("\u{a0} ", "\\s", "", " "),
            ("aé", "\\W", "", "é"),
            ("1.5*2", "\\Q.5*\\E", "", ".5*"),
            ("éé", "\\B.", "", "é"),
            ("é", "\\B", "", ""),
            ("É", "é", "i", "É"),
            ("a\nb", "^b$", "m", "b"),
            ("日本", "\\p{Han}$", "", "本"),
        ];
        for (text, search, flags, expected) in rows {
            let found = Pattern::read(search, flags).and_then(|pattern| pattern.find(text, None));
            assert_eq!(found.as_deref(), Ok(expected), "{search} in {text}");
        }
    }
}
