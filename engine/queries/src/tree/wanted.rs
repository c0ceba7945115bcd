//! Which values of a document a query can visit, so that a parser need not build the others.

/// The children that a query visits on one level of a document. Below the last level, it may visit everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedChildren<'p> {
    /// The member of an object with this name.
    Member(&'p str),
    /// The member of an object with this name, or the item of a list at this index.
    MemberOrItem(&'p str, Option<usize>),
    /// The item of a list at this index.
    Item(usize),
    /// All members or items.
    All,
}

impl WantedChildren<'_> {
    /// Whether the member of this name is visited.
    pub(super) fn has_member(&self, name: &str) -> bool {
        match self {
            Self::Member(wanted) | Self::MemberOrItem(wanted, _) => *wanted == name,
            Self::Item(_) => false,
            Self::All => true,
        }
    }

    /// Whether the item at this index is visited.
    pub(super) fn has_item(&self, index: usize) -> bool {
        match self {
            Self::Member(_) => false,
            Self::MemberOrItem(_, wanted) => *wanted == Some(index),
            Self::Item(wanted) => *wanted == index,
            Self::All => true,
        }
    }
}
