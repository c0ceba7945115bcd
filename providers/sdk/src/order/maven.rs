//! The order of Maven, of Java's packages: <https://maven.apache.org/pom.html#version-order-specification>.
//!
//! As Maven's own, it is not transitive: `1.0-x` < `1.0.--alpha` < `1.0` < `1.0-x` and `1-alpha` < `1-alpha.b)` <
//! `1-a0.0-alpha` < `1-alpha`, as Maven 3.8.7 says. Which of such versions is the newest then depends on the list.

use std::cmp::Ordering;

/// A version as lists within lists. A dash, and a change between digits and letters, begin a list that ends where the
/// version does; so the lists are a row, in which each is the last item of the one before.
pub(super) struct Read(Vec<Vec<Item>>);

#[derive(PartialEq, Eq)]
enum Item {
    /// The digits without the zeros before them.
    Number(String),
    Word(Qualifier),
}

/// A word, in the order of the words that have a meaning.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Qualifier {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    Release,
    ServicePack,
    Other(String),
}

/// Reads any text.
pub(super) fn parse(text: &str) -> Option<Read> {
    let lower = text.to_lowercase();
    let mut lists = vec![Vec::new()];
    for (number, part) in lower.split('-').enumerate() {
        if number > 0 && lists.last().is_some_and(|list| !list.is_empty()) {
            lists.push(Vec::new());
        }
        for item in part.split('.') {
            add(item, &mut lists);
        }
    }
    // What is zero or no word at the end of a list says nothing.
    for place in (0..lists.len()).rev() {
        let is_last = place + 1 == lists.len();
        let next_is_word = lists.get(place + 1).is_some_and(|next| matches!(next.first(), Some(Item::Word(_))));
        let list = &mut lists[place];
        while (is_last || next_is_word) && list.last().is_some_and(Item::says_nothing) {
            list.pop();
        }
        if is_last && list.is_empty() && place > 0 {
            lists.pop();
        }
    }
    Some(Read(lists))
}

/// Compares two versions.
pub(super) fn compare(left: &Read, right: &Read) -> Ordering {
    compare_lists(&left.0, &right.0)
}

/// Whether a version has a word that is said before a release.
pub(super) fn is_prerelease(version: &str) -> bool {
    let is_early = |item: &Item| match item {
        Item::Number(_) => false,
        Item::Word(Qualifier::Other(word)) => {
            matches!(word.as_str(), "canary" | "dev" | "ea" | "nightly" | "pre" | "preview")
        }
        Item::Word(word) => *word < Qualifier::Release,
    };
    parse(version).is_some_and(|read| read.0.iter().flatten().any(is_early))
}

/// Adds what is between two dots or dashes. Where digits and letters meet, a list begins.
fn add(text: &str, lists: &mut Vec<Vec<Item>>) {
    let mut rest = text;
    if text.is_empty() {
        push(Item::Number(String::new()), lists);
    }
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (item, after) = rest.split_at(end);
        // A word begins a list, so that `1.0.rc1` is `1.0-rc1`.
        let begins = rest.len() < text.len() || !is_number;
        if begins && lists.last().is_some_and(|list| !list.is_empty()) {
            lists.push(Vec::new());
        }
        let item = if is_number {
            Item::Number(item.trim_start_matches('0').to_owned())
        } else {
            Item::Word(Qualifier::named(item, !after.is_empty()))
        };
        push(item, lists);
        rest = after;
    }
}

fn push(item: Item, lists: &mut [Vec<Item>]) {
    if let Some(list) = lists.last_mut() {
        list.push(item);
    }
}

impl Qualifier {
    fn named(word: &str, has_digits: bool) -> Self {
        match (word, has_digits) {
            ("alpha", _) | ("a", true) => Self::Alpha,
            ("beta", _) | ("b", true) => Self::Beta,
            ("milestone", _) | ("m", true) => Self::Milestone,
            ("rc" | "cr", _) => Self::Candidate,
            ("snapshot", _) => Self::Snapshot,
            ("ga" | "final" | "release", _) => Self::Release,
            ("sp", _) => Self::ServicePack,
            _ => Self::Other(word.to_owned()),
        }
    }
}

impl Item {
    fn says_nothing(&self) -> bool {
        match self {
            Self::Number(digits) => digits.is_empty(),
            Self::Word(word) => *word == Qualifier::Release,
        }
    }

    /// The item against nothing at all.
    fn against_nothing(&self) -> Ordering {
        match self {
            Self::Number(digits) if digits.is_empty() => Ordering::Equal,
            Self::Number(_) => Ordering::Greater,
            Self::Word(word) => word.cmp(&Qualifier::Release),
        }
    }
}

/// Compares two lists, each with the lists in it. A number is newer than a list, and a list newer than a word.
fn compare_lists(left: &[Vec<Item>], right: &[Vec<Item>]) -> Ordering {
    let (Some((left_items, left_lists)), Some((right_items, right_lists))) = (left.split_first(), right.split_first())
    else {
        return against_nothing(left).then(against_nothing(right).reverse());
    };
    let longer = left_items.len().max(right_items.len());
    for place in 0..longer {
        let compared = match (left_items.get(place), right_items.get(place)) {
            (Some(left), Some(right)) => compare_items(left, right),
            (Some(item), None) => against_rest(item, right_lists, place == right_items.len()),
            (None, Some(item)) => against_rest(item, left_lists, place == left_items.len()).reverse(),
            (None, None) => Ordering::Equal,
        };
        if compared != Ordering::Equal {
            return compared;
        }
    }
    match left_items.len().cmp(&right_items.len()) {
        Ordering::Equal => compare_lists(left_lists, right_lists),
        // The shorter one's list stood against an item, and was equal to it, which it never is; so it has none.
        Ordering::Less => against_nothing(right_lists).reverse(),
        Ordering::Greater => against_nothing(left_lists),
    }
}

/// An item against the list that is in its place, or against nothing.
fn against_rest(item: &Item, lists: &[Vec<Item>], is_in_place: bool) -> Ordering {
    match item {
        _ if lists.is_empty() || !is_in_place => item.against_nothing(),
        Item::Number(_) => Ordering::Greater,
        Item::Word(_) => Ordering::Less,
    }
}

fn compare_items(left: &Item, right: &Item) -> Ordering {
    match (left, right) {
        (Item::Number(left), Item::Number(right)) => left.len().cmp(&right.len()).then_with(|| left.cmp(right)),
        (Item::Number(_), Item::Word(_)) => Ordering::Greater,
        (Item::Word(_), Item::Number(_)) => Ordering::Less,
        (Item::Word(left), Item::Word(right)) => left.cmp(right),
    }
}

/// A list against nothing at all: its first item that is more or less than nothing decides.
fn against_nothing(lists: &[Vec<Item>]) -> Ordering {
    lists.iter().flatten().map(Item::against_nothing).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
