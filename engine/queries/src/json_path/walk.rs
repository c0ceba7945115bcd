//! Follows a JSONPath through a tree, every value on its way counted.
//!
//! One way is followed to its end before the next one, so what is on the way takes no more memory than the path is
//! long and the tree is deep.

use std::{borrow::Cow, rc::Rc};

use super::path_syntax::{Segment, Selector, Slice};
use crate::{Fault, step_budget::Steps, tree::Tree};

/// Why a walk ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Whoever asked has enough.
    Enough,
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub(super) enum Found<'a> {
    Tree(&'a Tree<'a>),
    /// How long a list or a text is.
    Number(usize),
    /// What a member is called, or its place in a list.
    Name(Cow<'a, str>),
}

/// A value on the way.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    found: Found<'a>,
    step: Option<Step<'a>>,
    /// The value around it, where the path asks for it.
    around: Option<Rc<Self>>,
}

/// How one gets from a value to one below it.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) const fn new(tree: &'a Tree<'a>) -> Self {
        Self { found: Found::Tree(tree), step: None, around: None }
    }

    pub(super) const fn found(&self) -> &Found<'a> {
        &self.found
    }

    const fn tree(&self) -> Option<&'a Tree<'a>> {
        match self.found {
            Found::Tree(tree) => Some(tree),
            _ => None,
        }
    }
}

type Flow = Result<(), Stop>;

/// A walk through one tree.
pub(super) struct Walk<'a> {
    pub(super) root: &'a Tree<'a>,
    pub(super) steps: &'a Steps,
    keeps_around: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a Tree<'a>, steps: &'a Steps) -> Self {
        Self { root, steps, keeps_around: false }
    }

    /// Follows a path from the root.
    pub(super) fn follow(mut self, path: &'a [Segment], found: &mut dyn FnMut(&Found<'a>) -> Flow) -> Flow {
        self.keeps_around = path.iter().any(|segment| matches!(segment, Segment::Parent));
        self.from(&Place::new(self.root), path, &mut |place| found(&place.found))
    }

    /// Follows what is left of a path.
    pub(super) fn from(
        &self,
        place: &Place<'a>,
        path: &'a [Segment],
        found: &mut dyn FnMut(&Place<'a>) -> Flow,
    ) -> Flow {
        let Some((segment, rest)) = path.split_first() else { return found(place) };
        self.steps.spend(1)?;
        match segment {
            Segment::Child(selectors) => self.select(place, selectors, rest, found),
            Segment::Descendant(selectors) => self.descend(place, selectors, rest, found),
            Segment::Parent => place.around.as_ref().map_or(Ok(()), |around| self.from(around, rest, found)),
            Segment::Name => {
                let name = match place.step {
                    Some(Step::Name(name)) => Cow::Borrowed(name),
                    Some(Step::Index(index)) => Cow::Owned(index.to_string()),
                    None => return Ok(()),
                };
                found(&Place { found: Found::Name(name), step: None, around: None })
            }
        }
    }

    /// From a value and everything below it, in the tree's order.
    fn descend(
        &self,
        place: &Place<'a>,
        selectors: &'a [Selector],
        rest: &'a [Segment],
        found: &mut dyn FnMut(&Place<'a>) -> Flow,
    ) -> Flow {
        self.select(place, selectors, rest, found)?;
        let mut open = vec![(place.clone(), children(place.tree()))];
        while let Some((around, below)) = open.last_mut() {
            let Some((step, tree)) = below.next() else {
                open.pop();
                continue;
            };
            self.steps.spend(1)?;
            if tree.is_container() {
                let place = self.below(around, step, tree);
                self.select(&place, selectors, rest, found)?;
                open.push((place, children(Some(tree))));
            }
        }
        Ok(())
    }

    fn select(
        &self,
        place: &Place<'a>,
        selectors: &'a [Selector],
        rest: &'a [Segment],
        found: &mut dyn FnMut(&Place<'a>) -> Flow,
    ) -> Flow {
        let Some(tree) = place.tree() else { return Ok(()) };
        for selector in selectors {
            self.steps.spend(1)?;
            match (selector, tree) {
                (Selector::Name(name) | Selector::Member(name), Tree::Map(map)) => {
                    if let Some(tree) = map.get(name) {
                        self.from(&self.below(place, Step::Name(name), tree), rest, found)?;
                    }
                }
                (Selector::Name(name), Tree::List(_) | Tree::Text(_)) if name == "length" => {
                    let length = self.length(tree)?.unwrap_or(0);
                    let step = Some(Step::Name(name));
                    let around = self.keeps_around.then(|| Rc::new(place.clone()));
                    self.from(&Place { found: Found::Number(length), step, around }, rest, found)?;
                }
                (Selector::Member(index), Tree::List(items)) => {
                    let index = index.parse().ok().filter(|number: &usize| number.to_string() == *index);
                    self.item(place, items, index, rest, found)?;
                }
                (Selector::Index(index), Tree::List(items)) => {
                    let index = usize::try_from(if *index < 0 { items.len() as i64 + index } else { *index });
                    self.item(place, items, index.ok(), rest, found)?;
                }
                (Selector::Slice(slice), Tree::List(items)) => {
                    for index in places(*slice, items.len()) {
                        self.item(place, items, Some(index), rest, found)?;
                    }
                }
                (Selector::All, _) => {
                    for (step, tree) in children(Some(tree)) {
                        self.steps.spend(1)?;
                        self.from(&self.below(place, step, tree), rest, found)?;
                    }
                }
                (Selector::Filter(filter), _) => {
                    for (step, tree) in children(Some(tree)) {
                        self.steps.spend(1)?;
                        let candidate = self.below(place, step, tree);
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
        place: &Place<'a>,
        items: &'a [Tree<'a>],
        index: Option<usize>,
        rest: &'a [Segment],
        found: &mut dyn FnMut(&Place<'a>) -> Flow,
    ) -> Flow {
        self.steps.spend(1)?;
        match index.and_then(|index| items.get(index).map(|tree| (index, tree))) {
            Some((index, tree)) => self.from(&self.below(place, Step::Index(index), tree), rest, found),
            None => Ok(()),
        }
    }

    fn below(&self, around: &Place<'a>, step: Step<'a>, tree: &'a Tree<'a>) -> Place<'a> {
        let around = self.keeps_around.then(|| Rc::new(around.clone()));
        Place { found: Found::Tree(tree), step: Some(step), around }
    }

    /// How long a list or a text is, in JavaScript's count of letters.
    fn length(&self, tree: &Tree) -> Result<Option<usize>, Fault> {
        match tree {
            Tree::List(items) => Ok(Some(items.len())),
            Tree::Text(text) => {
                self.steps.spend(1 + text.len() / super::filter_evaluator::BYTES)?;
                Ok(Some(text.encode_utf16().count()))
            }
            _ => Ok(None),
        }
    }
}

/// The values right below one.
enum Children<'a> {
    None,
    List(std::iter::Enumerate<std::slice::Iter<'a, Tree<'a>>>),
    Map(std::slice::Iter<'a, (Cow<'a, str>, Tree<'a>)>),
}

impl<'a> Iterator for Children<'a> {
    type Item = (Step<'a>, &'a Tree<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::None => None,
            Self::List(items) => items.next().map(|(index, tree)| (Step::Index(index), tree)),
            Self::Map(members) => members.next().map(|(name, tree)| (Step::Name(name), tree)),
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

/// The places a slice selects: RFC 9535, section 2.3.4.2.
fn places(slice: Slice, length: usize) -> impl Iterator<Item = usize> {
    let length = length as i64;
    let step = slice.step.unwrap_or(1);
    let from_end = |place: i64| if place < 0 { length + place } else { place };
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
        let place = is_inside.then(|| usize::try_from(at).ok()).flatten();
        at += step;
        place
    })
}
