//! The values of JSON, YAML and TOML documents, in the document's order.

use std::borrow::Cow;

/// A value of a document. A value takes about 24 bytes: texts without escapes are borrowed from the document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree<'t> {
    Null,
    Bool(bool),
    /// A number, in the digits that a badge shows.
    Number(Cow<'t, str>),
    Text(Cow<'t, str>),
    List(Box<[Self]>),
    Map(Box<Map<'t>>),
}

/// The members of an object, in the document's order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Map<'t> {
    members: Box<[(Cow<'t, str>, Tree<'t>)]>,
    /// The indices of the members, sorted by name.
    sorted: Box<[u32]>,
}

impl<'t> Tree<'t> {
    pub(crate) const fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }
}

impl<'t> Map<'t> {
    /// If several members have the same name, the value of the last one is kept at the place of the first one, as in
    /// JavaScript.
    pub(crate) fn new(mut members: Vec<(Cow<'t, str>, Tree<'t>)>) -> Self {
        let mut sorted = Self::sort(&members);
        let (mut replaced, mut is_duplicate) = (Vec::new(), vec![false; members.len()]);
        for same in sorted.chunk_by(|one, other| members[*one as usize].0 == members[*other as usize].0) {
            if let [first, .., last] = same {
                replaced.push((*first as usize, *last as usize));
                same[1..].iter().for_each(|index| is_duplicate[*index as usize] = true);
            }
        }
        if !replaced.is_empty() {
            replaced.into_iter().for_each(|(first, last)| members.swap(first, last));
            let mut is_duplicate = is_duplicate.into_iter();
            members.retain(|_| !is_duplicate.next().unwrap_or(false));
            sorted = Self::sort(&members);
        }
        Self { members: members.into_boxed_slice(), sorted: sorted.into_boxed_slice() }
    }

    /// The indices of members, sorted by name and then by index.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_members_with_one_name_the_last_counts() {
        let members = [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("a", "5"), ("b", "6")];
        let map = Map::new(members.map(|(name, number)| (name.into(), Tree::Number(number.into()))).to_vec());
        let members: Vec<_> = map.iter().map(|(name, value)| format!("{name}{value:?}")).collect();
        assert_eq!(members, ["aNumber(\"5\")", "bNumber(\"6\")", "cNumber(\"4\")"]);
        assert_eq!(map.get("b"), Some(&Tree::Number("6".into())));
        assert_eq!(map.get("d"), None);
    }
}
