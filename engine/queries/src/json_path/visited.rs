//! Finds the children that a path visits on the first levels of a document, from the path alone.

use super::path_syntax::{PathSegment, PathSelector};
use crate::tree::WantedChildren;

/// The children that a path visits, level by level, up to the first segment with descendants or several selectors.
/// Empty if a segment may visit other values: a filter may refer to the root, and `^` goes to a parent.
pub(super) fn visited(path: &[PathSegment]) -> Vec<WantedChildren<'_>> {
    if path.iter().any(leads_elsewhere) { Vec::new() } else { path.iter().map_while(children).collect() }
}

fn leads_elsewhere(segment: &PathSegment) -> bool {
    match segment {
        PathSegment::Child(selectors) | PathSegment::Descendant(selectors) => {
            selectors.iter().any(|selector| matches!(selector, PathSelector::Filter(_)))
        }
        PathSegment::Parent => true,
        PathSegment::Name => false,
    }
}

fn children(segment: &PathSegment) -> Option<WantedChildren<'_>> {
    let PathSegment::Child(selectors) = segment else { return None };
    let [selector] = &selectors[..] else { return None };
    Some(match selector {
        PathSelector::Name(name) => WantedChildren::Member(name),
        PathSelector::Member(name) => WantedChildren::MemberOrItem(name, name.parse().ok()),
        // The position of an index from the end is known only at the end of the list.
        PathSelector::Index(index) => usize::try_from(*index).map_or(WantedChildren::All, WantedChildren::Item),
        PathSelector::Slice(_) | PathSelector::All => WantedChildren::All,
        PathSelector::Filter(_) => return None,
    })
}
