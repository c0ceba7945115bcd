//! What a JSONPath is made of once it was read.

use std::cell::RefCell;

use crate::{pattern::Pattern, tree::Tree};

/// One step of a path.
#[derive(Debug)]
pub(super) enum Segment {
    /// To what these select among the values right below.
    Child(Vec<Selector>),
    /// The same from a value and from everything below it: `..`.
    Descendant(Vec<Selector>),
    /// To the value around it: `^` of jsonpath-plus.
    Parent,
    /// To its own name or place, where the path ends: `~` of jsonpath-plus.
    Name,
}

/// What is selected among the values below one.
#[derive(Debug)]
pub(super) enum Selector {
    Name(String),
    /// A number behind a dot: a name in an object and a place in a list, as in JavaScript.
    Member(String),
    Index(i64),
    Slice(Slice),
    All,
    Filter(Filter),
}

/// `start:end:step`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: Option<i64>,
}

/// What stands behind a `?`.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) test: Test,
    /// Whether it is in parentheses, as JavaScript in jsonpath-plus is: there false, 0, null and the empty text are as
    /// good as nothing.
    pub(super) is_javascript: bool,
}

/// What is true or false of a candidate.
#[derive(Debug)]
pub(super) enum Test {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// `match` and `search`.
    Fits(Box<Fits>),
}

/// Two values side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    /// `===`, which takes no text for a number.
    Same,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One side of a comparison, or an argument.
#[derive(Debug)]
pub(super) enum Operand {
    Literal(Tree<'static>),
    Query(Query),
    Length(Box<Self>),
    Count(Query),
    Value(Query),
}

/// A path within a filter.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) is_from_root: bool,
    pub(super) segments: Vec<Segment>,
}

impl Query {
    /// Whether it leads to one value at the most.
    pub(super) fn is_singular(&self) -> bool {
        let is_one = |selector: &Selector| matches!(selector, Selector::Name(_) | Selector::Index(_));
        let is_step = |segment: &Segment| matches!(segment, Segment::Child(selectors) if matches!(&selectors[..], [one] if is_one(one)));
        self.segments.iter().all(is_step)
    }
}

/// A text that a regex fits, or a part of it.
#[derive(Debug)]
pub(super) struct Fits {
    pub(super) text: Operand,
    pub(super) regex: Operand,
    pub(super) is_whole: bool,
    /// The regex that was read last, with what it is; `None` is one that cannot be read.
    pub(super) last: RefCell<Option<(String, Option<Pattern>)>>,
}
