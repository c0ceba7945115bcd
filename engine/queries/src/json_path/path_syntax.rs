//! The syntax tree of a JSONPath.

use std::cell::RefCell;

use crate::{pattern::Pattern, tree::Tree};

/// A segment of a path.
#[derive(Debug)]
pub(super) enum PathSegment {
    /// The selected children of a value.
    Child(Vec<PathSelector>),
    /// The selected children of a value and of all its descendants: `..`.
    Descendant(Vec<PathSelector>),
    /// The parent of a value: `^` of jsonpath-plus.
    Parent,
    /// The name or index of a value in its parent, at the end of a path: `~` of jsonpath-plus.
    Name,
}

/// Selects children of a value.
#[derive(Debug)]
pub(super) enum PathSelector {
    Name(String),
    /// A number after a dot: a name in an object and an index in a list, as in JavaScript.
    Member(String),
    Index(i64),
    Slice(PathSlice),
    All,
    Filter(PathFilter),
}

/// `start:end:step`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PathSlice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: Option<i64>,
}

/// A filter, which follows a `?`.
#[derive(Debug)]
pub(super) struct PathFilter {
    pub(super) test: FilterTest,
    /// Whether it is in parentheses, as JavaScript in jsonpath-plus is. Then false, 0, null and the empty text are
    /// falsy, and comparisons convert types.
    pub(super) is_javascript: bool,
}

/// A logical expression about a candidate.
#[derive(Debug)]
pub(super) enum FilterTest {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    Exists(FilterQuery),
    Compare(FilterOperand, ComparisonOperator, FilterOperand),
    /// `match` and `search`.
    Regex(Box<RegexTest>),
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComparisonOperator {
    Equal,
    Unequal,
    /// `===`, which does not convert types.
    Same,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operand of a comparison, or an argument of a function.
#[derive(Debug)]
pub(super) enum FilterOperand {
    Literal(Tree<'static>),
    Query(FilterQuery),
    Length(Box<Self>),
    Count(FilterQuery),
    Value(FilterQuery),
}

/// A path in a filter.
#[derive(Debug)]
pub(super) struct FilterQuery {
    pub(super) is_from_root: bool,
    pub(super) segments: Vec<PathSegment>,
}

impl FilterQuery {
    /// Whether it leads to at most one value.
    pub(super) fn is_singular(&self) -> bool {
        let is_one = |selector: &PathSelector| matches!(selector, PathSelector::Name(_) | PathSelector::Index(_));
        self.segments.iter().all(|segment| match segment {
            PathSegment::Child(selectors) => matches!(&selectors[..], [selector] if is_one(selector)),
            _ => false,
        })
    }
}

/// Whether a regex matches a text, or a part of it.
#[derive(Debug)]
pub(super) struct RegexTest {
    pub(super) text: FilterOperand,
    pub(super) regex: FilterOperand,
    pub(super) is_whole: bool,
    /// The pattern that was compiled last, with its compiled form; `None` if the pattern is not valid.
    pub(super) last: RefCell<Option<(String, Option<Pattern>)>>,
}
