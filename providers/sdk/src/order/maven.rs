//! The order of Maven, of Java's packages: <https://maven.apache.org/pom.html#version-order-specification>.
//!
//! Like Maven's own order, it is not transitive: `1.0-x` < `1.0.--alpha` < `1.0` < `1.0-x` and `1-alpha` < `1-alpha.b)`
//! < `1-a0.0-alpha` < `1-alpha`, as in Maven 3.8.7. Which of such versions is the newest depends on their order in the
//! list.

use std::cmp::Ordering;

/// A version as lists within lists. A dash, or a change between digits and letters, begins a nested list that ends with
/// the version. So the nested lists form a sequence, in which each list is the last item of the previous one.
pub(super) struct Read(Vec<Vec<Item>>);

#[derive(PartialEq, Eq)]
enum Item {
    /// The digits without leading zeros.
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
    // Zeros and empty words at the end of a list have no meaning and are removed.
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

/// Whether a version contains a word for a prerelease.
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

/// Adds the text between two dots or dashes. A list begins where digits and letters meet.
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

    /// Compares the item with a missing item.
    fn against_nothing(&self) -> Ordering {
        match self {
            Self::Number(digits) if digits.is_empty() => Ordering::Equal,
            Self::Number(_) => Ordering::Greater,
            Self::Word(word) => word.cmp(&Qualifier::Release),
        }
    }
}

/// Compares two lists, each with its nested lists. A number is newer than a list, and a list is newer than a word.
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
        // If the shorter one had a nested list, that list was compared with an item, and would have differed from it.
        // So it has no nested list.
        Ordering::Less => against_nothing(right_lists).reverse(),
        Ordering::Greater => against_nothing(left_lists),
    }
}

/// Compares an item with the list at the same place, or with a missing item.
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

/// Compares lists with a missing list: the first item that differs from a missing item decides.
fn against_nothing(lists: &[Vec<Item>]) -> Ordering {
    lists.iter().flatten().map(Item::against_nothing).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
