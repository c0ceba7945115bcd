//! A regex searched for in a text, and what its match is replaced with.
//!
//! A text is searched by an automaton that is built while it is searched with. Its memory is bounded, and so is how
//! often it may be thrown away and begun anew; a regex that fills it again and again is handed to the slow engine,
//! which is at every place of the regex at once. That engine also finds the groups, within the match alone. What it
//! does is the product of places, groups and bytes, which is known and bounded before it begins. There is no
//! backtracking, and no lookaround and no back reference, as in RE2.

mod re2;

use std::cell::RefCell;

use regex_automata::{
    Anchored, Input, MatchKind,
    hybrid::dfa::{Cache, DFA},
    nfa::thompson::{Compiler, Config, NFA, WhichCaptures, pikevm::PikeVM},
    util::primitives::NonMaxUsize,
};
use regex_syntax::{ParserBuilder, hir::Hir};

use crate::{Fault, cut, step_budget::Steps};

/// The longest regex, in bytes.
pub const LONGEST_PATTERN: usize = 1024;
/// How large a compiled regex may become, in bytes.
const LARGEST_PATTERN: usize = 1024 * 1024;
/// How deep its brackets may stand in each other; a translated word boundary is one more.
const DEEPEST: u32 = 33;
/// How much memory the automaton of one direction may take, in bytes.
const LARGEST_AUTOMATON: usize = 1024 * 1024;
/// How often it may be thrown away before the slow engine takes over.
const MOST_CLEARED: usize = 4;
/// The most steps of a regex in one text. A step of the slow engine takes 5 nanoseconds, of the automaton much less.
const MOST_STEPS: u64 = 64 * 1024 * 1024;
/// How many bytes the automaton reads in one step of the slow engine.
const BYTES_A_STEP: usize = 4;

/// A regex that was read.
#[derive(Debug)]
pub struct Pattern {
    hir: Hir,
    forward: DFA,
    backward: DFA,
    /// The automata as far as they have been built.
    built: RefCell<(Cache, Cache)>,
    groups: Vec<Option<String>>,
}

/// Where in a text the match and its groups are.
type Groups = Vec<Option<(usize, usize)>>;

impl Pattern {
    /// Reads a regex in RE2's syntax. `flags` are shields': `i` without regard to case, `m` for `^` and `$` at lines,
    /// `s` for a dot that is a line's end too, `U` for what takes as little as it can.
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
        parser
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .swap_greed(flags.contains('U'))
            .nest_limit(DEEPEST);
        let hir = parser.build().parse(&re2::translate(search)?).map_err(|_| Fault::Regex)?;
        Self::compile(hir, LARGEST_PATTERN)
    }

    /// Reads a regex of a JSONPath (RFC 9485), where a dot is no end of a line. `is_whole` is for one that has to fit
    /// the whole of a text.
    pub(crate) fn of_path(regex: &str, is_whole: bool, largest: usize) -> Result<Self, Fault> {
        let mut parser = ParserBuilder::new();
        parser.crlf(true).nest_limit(DEEPEST);
        let whole;
        let regex = if is_whole {
            whole = ["^(?:", regex, ")$"].concat();
            &whole
        } else {
            regex
        };
        Self::compile(parser.build().parse(regex).map_err(|_| Fault::Regex)?, largest)
    }

    fn compile(hir: Hir, largest: usize) -> Result<Self, Fault> {
        let automaton = |is_reverse: bool, kind: MatchKind| {
            let nfa = nfa(&hir, largest, is_reverse, WhichCaptures::None)?;
            let config = DFA::config()
                .match_kind(kind)
                .cache_capacity(LARGEST_AUTOMATON)
                .skip_cache_capacity_check(true)
                .minimum_cache_clear_count(Some(MOST_CLEARED));
            DFA::builder().configure(config).build_from_nfa(nfa).map_err(|_| Fault::Regex)
        };
        let forward = automaton(false, MatchKind::LeftmostFirst)?;
        let backward = automaton(true, MatchKind::All)?;
        let built = RefCell::new((forward.create_cache(), backward.create_cache()));
        let groups = names(&hir, largest)?;
        Ok(Self { hir, forward, backward, built, groups })
    }

    /// The first match in a text, or what `replace` makes of it: `$1` and `$<name>` are groups, `$&` is the match, `$$`
    /// a dollar, as in JavaScript. What is longer than any badge is cut.
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
        let steps = Steps::new(MOST_STEPS);
        let (start, end) = self.search(text, &steps)?.ok_or(Fault::NoResult)?;
        let Some(replace) = replace else { return Ok(cut(&text[start..end]).to_owned()) };
        let pieces = replacement(replace, &self.groups);
        let last = pieces.iter().filter_map(|piece| if let Piece::Group(at) = piece { Some(*at) } else { None }).max();
        let groups = self.groups(text, (start, end), last.unwrap_or(0), &steps)?;
        let mut shown = String::new();
        for piece in pieces {
            shown.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(at) => groups.get(at).copied().flatten().map_or("", |(start, end)| cut(&text[start..end])),
            });
            if shown.len() > crate::MOST_BYTES {
                break;
            }
        }
        shown.truncate(cut(&shown).len());
        Ok(shown)
    }

    /// Where the first match is.
    pub(crate) fn search(&self, text: &str, steps: &Steps) -> Result<Option<(usize, usize)>, Fault> {
        let mut built = self.built.borrow_mut();
        let (forward, backward) = &mut *built;
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
            Some(start) => Ok(Some((start, end))),
            None => self.search_slowly(text, steps),
        }
    }

    /// The same by the slow engine.
    fn search_slowly(&self, text: &str, steps: &Steps) -> Result<Option<(usize, usize)>, Fault> {
        let groups = self.slowly(&Input::new(text), 0, steps)?;
        Ok(groups.and_then(|groups| groups.first().copied().flatten()))
    }

    /// The match and its groups up to the `last` that is asked for.
    fn groups(&self, text: &str, (start, end): (usize, usize), last: usize, steps: &Steps) -> Result<Groups, Fault> {
        if last == 0 {
            return Ok(vec![Some((start, end))]);
        }
        // The whole text is there for `^` and `\b`, but only the match is gone through.
        let input = Input::new(text).range(start..end).anchored(Anchored::Yes);
        self.slowly(&input, last, steps)?.ok_or(Fault::NoResult)
    }

    fn slowly(&self, input: &Input<'_>, last: usize, steps: &Steps) -> Result<Option<Groups>, Fault> {
        let captures = if last == 0 { WhichCaptures::Implicit } else { WhichCaptures::All };
        let nfa = nfa(&self.hir, usize::MAX, false, captures)?;
        let mut slots: Vec<Option<NonMaxUsize>> = vec![None; 2 * (last + 1)];
        // A place is gone through for every byte, and takes its groups along.
        let places = nfa.states().len().saturating_mul(1 + slots.len() / SLOTS_A_STEP);
        steps.spend(places.saturating_mul(input.get_span().len()))?;
        let engine = PikeVM::new_from_nfa(nfa).map_err(|_| Fault::Regex)?;
        let found = engine.search_slots(&mut engine.create_cache(), input, &mut slots);
        let at = |slot: Option<NonMaxUsize>| slot.map(NonMaxUsize::get);
        let group = |slots: &[Option<NonMaxUsize>]| at(*slots.first()?).zip(at(*slots.get(1)?));
        Ok(found.map(|_| slots.chunks(2).map(group).collect()))
    }
}

/// How many numbers of groups are copied in one step.
const SLOTS_A_STEP: usize = 4;

/// One search by an automaton, with what it cost: the bytes it read and what it built. `None` where it gave up.
fn search_with<T>(
    dfa: &DFA,
    cache: &mut Cache,
    steps: &Steps,
    bytes: usize,
    search: impl FnOnce(&DFA, &mut Cache) -> Option<T>,
) -> Result<Option<T>, Fault> {
    let before = (cache.clear_count(), cache.memory_usage());
    let found = search(dfa, cache);
    let cleared = cache.clear_count().saturating_sub(before.0);
    let built = (cleared * LARGEST_AUTOMATON).saturating_add(cache.memory_usage()).saturating_sub(before.1);
    steps.spend(1 + bytes / BYTES_A_STEP + built / BYTES_A_STEP)?;
    Ok(found)
}

fn nfa(hir: &Hir, largest: usize, is_reverse: bool, captures: WhichCaptures) -> Result<NFA, Fault> {
    let limit = (largest < usize::MAX).then_some(largest);
    let config = Config::new().nfa_size_limit(limit).reverse(is_reverse).which_captures(captures);
    Compiler::new().configure(config).build_from_hir(hir).map_err(|_| Fault::Regex)
}

/// The groups' names, of which the first is the match's own and has none.
fn names(hir: &Hir, largest: usize) -> Result<Vec<Option<String>>, Fault> {
    if hir.properties().explicit_captures_len() == 0 {
        return Ok(vec![None]);
    }
    let nfa = nfa(hir, largest.saturating_mul(2), false, WhichCaptures::All)?;
    // Each has been given a letter in front.
    let named = |name: Option<&str>| name.map(|name| name.strip_prefix('_').unwrap_or(name).to_owned());
    Ok(nfa.group_info().all_names().map(|(_, _, name)| named(name)).collect())
}

/// A part of a replacement.
#[derive(Debug, PartialEq)]
enum Piece<'r> {
    Text(&'r str),
    Group(usize),
}

/// Takes a replacement apart.
fn replacement<'r>(replace: &'r str, groups: &[Option<String>]) -> Vec<Piece<'r>> {
    let mut pieces = Vec::new();
    let mut rest = replace;
    while let Some(at) = rest.find('$') {
        pieces.push(Piece::Text(&rest[..at]));
        rest = &rest[at + 1..];
        let (piece, length) = reference(rest, groups);
        pieces.push(piece);
        rest = &rest[length..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// What stands for the reference behind a dollar, and how long that is.
fn reference<'r>(rest: &str, groups: &[Option<String>]) -> (Piece<'r>, usize) {
    if rest.starts_with('$') {
        return (Piece::Text("$"), 1);
    }
    if rest.starts_with('&') {
        return (Piece::Group(0), 1);
    }
    if let Some((name, _)) = rest.strip_prefix('<').and_then(|name| name.split_once('>')) {
        let group = groups.iter().position(|group| group.as_deref() == Some(name));
        return (group.map_or(Piece::Text(""), Piece::Group), name.len() + 2);
    }
    // Two digits where there is such a group, otherwise one.
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    for length in (1..=digits).rev() {
        let number = rest[..length].parse().unwrap_or(0);
        if (1..groups.len()).contains(&number) {
            return (Piece::Group(number), length);
        }
    }
    (Piece::Text("$"), 0)
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

    /// Digits without any order.
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
            ("(?:[01]*1[01]{80})2", None, Fault::TooManySteps),
            ("(?:(?:[01]{2}){9}[01]?){7}2", None, Fault::NoResult),
            ("(a|a)+$", None, Fault::NoResult),
            ("(a+)+$", None, Fault::NoResult),
            ("[01]{9999999}", None, Fault::Regex),
            ("(?:(?:\\w{100}){100}){100}", None, Fault::Regex),
            (&"(".repeat(100), None, Fault::Regex),
            (&"a".repeat(1025), None, Fault::QueryTooLong),
            // Groups are followed through the whole of a match.
            (&groups, Some("$60"), Fault::TooManySteps),
            ("((?:[01]{4}){9}|.)*", Some("$1"), Fault::TooManySteps),
        ] {
            let found = Pattern::read(search, "").and_then(|pattern| pattern.find(&text, replace));
            assert_eq!(found, Err(expected), "{}", &search[..search.len().min(40)]);
        }
        // Only those that are asked for.
        let pattern = Pattern::read(&groups, "").unwrap();
        assert!(pattern.find(&text, Some("$&")).is_ok());
    }

    #[test]
    fn what_no_badge_can_show_is_cut() {
        let text = "é".repeat(100_000);
        let pattern = Pattern::read("((?:é)+)", "").unwrap();
        for replace in [None, Some("$1$1$1")] {
            let found = pattern.find(&text, replace).unwrap();
            assert!((crate::MOST_BYTES - 1..=crate::MOST_BYTES).contains(&found.len()), "{}", found.len());
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
