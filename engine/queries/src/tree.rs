//! JSON, YAML and TOML as one kind of tree, in the document's order, its numbers as they are written.
//!
//! Texts are borrowed from the document where they stand in it as they are, so a tree takes about 24 bytes a value.

mod json;
mod toml;
mod yaml;

use std::borrow::Cow;

use crate::{Fault, Kind};

/// The most values of a document: more than people write, and 45 MiB at the worst.
const MOST_VALUES: usize = 500_000;

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree<'t> {
    Null,
    Truth(bool),
    /// A number, in the digits a badge shows.
    Number(Cow<'t, str>),
    Text(Cow<'t, str>),
    List(Box<[Self]>),
    Map(Box<Map<'t>>),
}

/// Members of an object, in the document's order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Map<'t> {
    members: Box<[(Cow<'t, str>, Tree<'t>)]>,
    /// Places of the members, sorted by name.
    sorted: Box<[u32]>,
}

impl<'t> Tree<'t> {
    /// Reads a document of such a kind.
    ///
    /// # Errors
    /// [`Fault`] where it is not what its kind says, or larger than it looks.
    pub(crate) fn read(kind: Kind, text: &'t str) -> Result<Self, Fault> {
        let tree = match kind {
            Kind::Yaml => yaml::read(text)?,
            Kind::Toml => toml::read(text)?,
            _ => json::read(text)?,
        };
        // A scalar alone has nothing in it to look for.
        if matches!(tree, Self::List(_) | Self::Map(_)) { Ok(tree) } else { Err(Fault::NoTree) }
    }

    pub(crate) const fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }
}

impl<'t> Map<'t> {
    /// Puts members together; of those with one name the last one counts, in the place of the first, as in JavaScript.
    pub(crate) fn new(mut members: Vec<(Cow<'t, str>, Tree<'t>)>) -> Self {
        let mut sorted = Self::sort(&members);
        let mut doubles = Vec::new();
        for pair in sorted.chunk_by(|one, other| members[*one as usize].0 == members[*other as usize].0) {
            if let [first, .., last] = pair {
                doubles.push((*first as usize, *last as usize));
                doubles.extend(pair[1..pair.len() - 1].iter().map(|between| (usize::MAX, *between as usize)));
            }
        }
        if !doubles.is_empty() {
            let mut is_gone = vec![false; members.len()];
            for (first, gone) in doubles {
                if first < members.len() {
                    members.swap(first, gone);
                }
                is_gone[gone] = true;
            }
            let mut gone = is_gone.iter();
            members.retain(|_| !gone.next().copied().unwrap_or(false));
            sorted = Self::sort(&members);
        }
        Self { members: members.into_boxed_slice(), sorted: sorted.into_boxed_slice() }
    }

    /// Places of members, by name and then by place.
    fn sort(members: &[(Cow<'t, str>, Tree<'t>)]) -> Vec<u32> {
        let mut sorted: Vec<u32> = (0..members.len() as u32).collect();
        sorted.sort_by(|one, other| members[*one as usize].0.cmp(&members[*other as usize].0));
        sorted
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Tree<'t>> {
        let found = self.sorted.binary_search_by(|at| self.members[*at as usize].0.as_ref().cmp(name)).ok()?;
        Some(&self.members[self.sorted[found] as usize].1)
    }

    pub(crate) const fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, (Cow<'t, str>, Tree<'t>)> {
        self.members.iter()
    }

    pub(crate) fn into_members(self) -> Vec<(Cow<'t, str>, Tree<'t>)> {
        self.members.into_vec()
    }
}

/// The digits a badge shows of a decimal number: as they are written, so that `1.20` stays that; one with an exponent
/// as JavaScript shows it.
fn number(written: &str) -> Cow<'_, str> {
    if !written.contains(['e', 'E']) {
        return Cow::Borrowed(written);
    }
    match written.parse::<f64>() {
        Ok(number) if number.is_finite() => Cow::Owned(in_javascript(number)),
        _ => Cow::Borrowed(written),
    }
}

/// A number as JavaScript shows it.
fn in_javascript(number: f64) -> String {
    if number == 0.0 || (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let shown = format!("{number:e}");
    if shown.contains("e-") { shown } else { shown.replace('e', "e+") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_members_with_one_name_the_last_counts() {
        let text = r#"{"a":1,"b":2,"a":3,"c":4,"a":5,"b":6}"#;
        let Ok(Tree::Map(map)) = Tree::read(Kind::Json, text) else { panic!("{text}") };
        let members: Vec<_> = map.iter().map(|(name, value)| format!("{name}{value:?}")).collect();
        assert_eq!(members, ["aNumber(\"5\")", "bNumber(\"6\")", "cNumber(\"4\")"]);
        assert_eq!(map.get("b"), Some(&Tree::Number("6".into())));
        assert_eq!(map.get("d"), None);
    }

    #[test]
    fn a_number_is_shown_in_digits() {
        for (written, shown) in [
            ("1.20", "1.20"),
            ("-0", "-0"),
            ("010", "010"),
            ("1e3", "1000"),
            ("1.5E-2", "0.015"),
            ("1e21", "1e+21"),
            ("2.5e-7", "2.5e-7"),
            ("1e999", "1e999"),
        ] {
            assert_eq!(number(written), shown);
        }
    }
}
