//! Evaluates a JSONPath on a tree, and counts every value that it visits.
//!
//! The search is depth first, so its memory is bounded by the length of the path and the depth of the tree.

use std::{borrow::Cow, rc::Rc};

use super::path_syntax::{PathSegment, PathSelector, PathSlice};
use crate::{
    query_error::QueryError,
    step_budget::{BYTES_A_STEP, StepBudget},
    tree::Tree,
};

/// Why an evaluation ends early.
#[derive(Debug)]
pub(super) enum EarlyEnd {
    /// No more results are needed.
    Enough,
    Error(QueryError),
}

impl From<QueryError> for EarlyEnd {
    fn from(error: QueryError) -> Self {
        Self::Error(error)
    }
}

/// The value that a path leads to.
#[derive(Clone, Debug)]
pub(super) enum PathValue<'a> {
    Tree(&'a Tree<'a>),
    /// The length of a list or a text.
    Number(usize),
    /// The name of a member, or its index in a list.
    Name(Cow<'a, str>),
}

/// A value that the evaluation visits.
#[derive(Clone, Debug)]
pub(super) struct PathNode<'a> {
    value: PathValue<'a>,
    /// Its name or index in its parent.
    key: Option<ChildKey<'a>>,
    /// Its parent, if the path asks for parents.
    parent: Option<Rc<Self>>,
}

/// The name or index of a value in its parent.
#[derive(Clone, Copy, Debug)]
enum ChildKey<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> PathNode<'a> {
    pub(super) const fn new(tree: &'a Tree<'a>) -> Self {
        Self { value: PathValue::Tree(tree), key: None, parent: None }
    }

    pub(super) const fn value(&self) -> &PathValue<'a> {
        &self.value
    }

    const fn tree(&self) -> Option<&'a Tree<'a>> {
        match self.value {
            PathValue::Tree(tree) => Some(tree),
            _ => None,
        }
    }
}

/// Whether the evaluation continues: `Err` ends it.
type Flow = Result<(), EarlyEnd>;

/// The evaluation of paths on one tree.
pub(super) struct PathEvaluator<'a> {
    pub(super) root: &'a Tree<'a>,
    pub(super) steps: &'a StepBudget,
    keeps_parents: bool,
}

impl<'a> PathEvaluator<'a> {
    pub(super) fn new(root: &'a Tree<'a>, steps: &'a StepBudget) -> Self {
        Self { root, steps, keeps_parents: false }
    }

    /// Evaluates a path from the root, and calls `found` with each result.
    pub(super) fn evaluate(mut self, path: &'a [PathSegment], found: &mut dyn FnMut(&PathValue<'a>) -> Flow) -> Flow {
        self.keeps_parents = path.iter().any(|segment| matches!(segment, PathSegment::Parent));
        self.from(&PathNode::new(self.root), path, &mut |node| found(&node.value))
    }

    /// Evaluates the rest of a path from a node.
    pub(super) fn from(
        &self,
        node: &PathNode<'a>,
        path: &'a [PathSegment],
        found: &mut dyn FnMut(&PathNode<'a>) -> Flow,
    ) -> Flow {
        let Some((segment, rest)) = path.split_first() else { return found(node) };
        self.steps.spend(1)?;
        match segment {
            PathSegment::Child(selectors) => self.select(node, selectors, rest, found),
            PathSegment::Descendant(selectors) => self.descend(node, selectors, rest, found),
            PathSegment::Parent => node.parent.as_ref().map_or(Ok(()), |parent| self.from(parent, rest, found)),
            PathSegment::Name => {
                let name = match node.key {
                    Some(ChildKey::Name(name)) => Cow::Borrowed(name),
                    Some(ChildKey::Index(index)) => Cow::Owned(index.to_string()),
                    None => return Ok(()),
                };
                found(&PathNode { value: PathValue::Name(name), key: None, parent: None })
            }
        }
    }

    /// Selects children of a node and of all its descendants, in the tree's order.
    fn descend(
        &self,
        node: &PathNode<'a>,
        selectors: &'a [PathSelector],
        rest: &'a [PathSegment],
        found: &mut dyn FnMut(&PathNode<'a>) -> Flow,
    ) -> Flow {
        self.select(node, selectors, rest, found)?;
        let mut open = vec![(node.clone(), children(node.tree()))];
        while let Some((parent, rest_of_children)) = open.last_mut() {
            let Some((key, tree)) = rest_of_children.next() else {
                open.pop();
                continue;
            };
            self.steps.spend(1)?;
            if tree.is_container() {
                let node = self.child(parent, key, tree);
                self.select(&node, selectors, rest, found)?;
                open.push((node, children(Some(tree))));
            }
        }
        Ok(())
    }

    fn select(
        &self,
        node: &PathNode<'a>,
        selectors: &'a [PathSelector],
        rest: &'a [PathSegment],
        found: &mut dyn FnMut(&PathNode<'a>) -> Flow,
    ) -> Flow {
        let Some(tree) = node.tree() else { return Ok(()) };
        for selector in selectors {
            self.steps.spend(1)?;
            match (selector, tree) {
                (PathSelector::Name(name) | PathSelector::Member(name), Tree::Map(map)) => {
                    if let Some(tree) = map.get(name) {
                        self.from(&self.child(node, ChildKey::Name(name), tree), rest, found)?;
                    }
                }
                (PathSelector::Name(name), Tree::List(_) | Tree::Text(_)) if name == "length" => {
                    let length = self.length(tree)?.unwrap_or(0);
                    let key = Some(ChildKey::Name(name));
                    let parent = self.keeps_parents.then(|| Rc::new(node.clone()));
                    self.from(&PathNode { value: PathValue::Number(length), key, parent }, rest, found)?;
                }
                (PathSelector::Member(index), Tree::List(items)) => {
                    let index = index.parse().ok().filter(|number: &usize| number.to_string() == *index);
                    self.item(node, items, index, rest, found)?;
                }
                (PathSelector::Index(index), Tree::List(items)) => {
                    let index = usize::try_from(if *index < 0 { items.len() as i64 + index } else { *index });
                    self.item(node, items, index.ok(), rest, found)?;
                }
                (PathSelector::Slice(slice), Tree::List(items)) => {
                    for index in slice_indices(*slice, items.len()) {
                        self.item(node, items, Some(index), rest, found)?;
                    }
                }
                (PathSelector::All, _) => {
                    for (key, tree) in children(Some(tree)) {
                        self.steps.spend(1)?;
                        self.from(&self.child(node, key, tree), rest, found)?;
                    }
                }
                (PathSelector::Filter(filter), _) => {
                    for (key, tree) in children(Some(tree)) {
                        self.steps.spend(1)?;
                        let candidate = self.child(node, key, tree);
                        if self.passes(filter, &candidate)? {
                            self.from(&candidate, rest, found)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn item(
        &self,
        node: &PathNode<'a>,
        items: &'a [Tree<'a>],
        index: Option<usize>,
        rest: &'a [PathSegment],
        found: &mut dyn FnMut(&PathNode<'a>) -> Flow,
    ) -> Flow {
        self.steps.spend(1)?;
        match index.and_then(|index| items.get(index).map(|tree| (index, tree))) {
            Some((index, tree)) => self.from(&self.child(node, ChildKey::Index(index), tree), rest, found),
            None => Ok(()),
        }
    }

    fn child(&self, parent: &PathNode<'a>, key: ChildKey<'a>, tree: &'a Tree<'a>) -> PathNode<'a> {
        let parent = self.keeps_parents.then(|| Rc::new(parent.clone()));
        PathNode { value: PathValue::Tree(tree), key: Some(key), parent }
    }

    /// The length of a list, or of a text in UTF-16 code units as in JavaScript.
    fn length(&self, tree: &Tree) -> Result<Option<usize>, QueryError> {
        match tree {
            Tree::List(items) => Ok(Some(items.len())),
            Tree::Text(text) => {
                self.steps.spend(1 + text.len() / BYTES_A_STEP)?;
                Ok(Some(text.encode_utf16().count()))
            }
            _ => Ok(None),
        }
    }
}

/// The children of a value.
enum Children<'a> {
    None,
    List(std::iter::Enumerate<std::slice::Iter<'a, Tree<'a>>>),
    Map(std::slice::Iter<'a, (Cow<'a, str>, Tree<'a>)>),
}

impl<'a> Iterator for Children<'a> {
    type Item = (ChildKey<'a>, &'a Tree<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::None => None,
            Self::List(items) => items.next().map(|(index, tree)| (ChildKey::Index(index), tree)),
            Self::Map(members) => members.next().map(|(name, tree)| (ChildKey::Name(name), tree)),
        }
    }
}

fn children<'a>(tree: Option<&'a Tree<'a>>) -> Children<'a> {
    match tree {
        Some(Tree::List(items)) => Children::List(items.iter().enumerate()),
        Some(Tree::Map(map)) => Children::Map(map.iter()),
        _ => Children::None,
    }
}

/// The indices that a slice selects: RFC 9535, section 2.3.4.2.
fn slice_indices(slice: PathSlice, length: usize) -> impl Iterator<Item = usize> {
    let length = length as i64;
    let step = slice.step.unwrap_or(1);
    let from_end = |index: i64| if index < 0 { length + index } else { index };
    let (first, last) = if step >= 0 {
        let start = from_end(slice.start.unwrap_or(0)).clamp(0, length);
        (start, from_end(slice.end.unwrap_or(length)).clamp(0, length))
    } else {
        let start = from_end(slice.start.unwrap_or(length - 1)).clamp(-1, length - 1);
        (start, slice.end.map_or(-1, from_end).clamp(-1, length - 1))
    };
    let mut at = first;
    std::iter::from_fn(move || {
        let is_inside = step != 0 && if step > 0 { at < last } else { at > last };
        let index = is_inside.then(|| usize::try_from(at).ok()).flatten();
        at += step;
        index
    })
}
