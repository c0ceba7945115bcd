//! JSONPath: RFC 9535, and what shields' library (jsonpath-plus) accepts beyond it.
//!
//! A query is parsed by the RFC; one that the RFC refuses is parsed again by the rules of jsonpath-plus. Every step
//! through the tree is counted as it is taken.

mod evaluator;
mod filter_evaluator;
mod filter_parser;
mod parser;
mod path_syntax;
mod visited;

use crate::{
    limits::{TextLimit, truncate},
    query_error::QueryError,
    step_budget::StepBudget,
    tree::{Tree, WantedChildren},
};
use evaluator::{EarlyEnd, PathEvaluator, PathValue};
use path_syntax::PathSegment;

/// A parsed path.
#[derive(Debug)]
pub(crate) struct JsonPath(Vec<PathSegment>);

impl JsonPath {
    /// Parses a path.
    pub(crate) fn parse(query: &str) -> Result<Self, QueryError> {
        parser::parse(query.trim()).map(Self)
    }

    /// The children that the path visits on the first levels of a document. It may visit everything in the values below
    /// them.
    pub(crate) fn visited(&self) -> Vec<WantedChildren<'_>> {
        visited::visited(&self.0)
    }
}

/// The texts that a path finds, in the tree's order.
pub(crate) fn find(
    tree: &Tree,
    path: &JsonPath,
    limit: TextLimit,
    steps: &StepBudget,
) -> Result<Vec<String>, QueryError> {
    let mut texts = FoundTexts { limit, texts: Vec::new(), bytes: 0 };
    match evaluate(tree, path, steps, &mut |found| texts.add(found)) {
        Ok(()) | Err(EarlyEnd::Enough) => Ok(texts.texts),
        Err(EarlyEnd::Error(error)) => Err(error),
    }
}

/// How many values a path finds; if that is one list or one object, how many items or members it has. `None` if it
/// finds nothing.
pub(crate) fn count(tree: &Tree, path: &JsonPath, steps: &StepBudget) -> Result<Option<usize>, QueryError> {
    let (mut count, mut inside) = (0, None);
    let counted = evaluate(tree, path, steps, &mut |found| {
        count += 1;
        inside = match found {
            PathValue::Tree(Tree::List(items)) => Some(items.len()),
            PathValue::Tree(Tree::Map(members)) => Some(members.len()),
            _ => None,
        };
        Ok(())
    });
    match counted {
        Ok(()) | Err(EarlyEnd::Enough) => Ok(inside.filter(|_| count == 1).or((count > 0).then_some(count))),
        Err(EarlyEnd::Error(error)) => Err(error),
    }
}

fn evaluate(
    tree: &Tree,
    path: &JsonPath,
    steps: &StepBudget,
    found: &mut dyn FnMut(&PathValue) -> Result<(), EarlyEnd>,
) -> Result<(), EarlyEnd> {
    PathEvaluator::new(tree, steps).evaluate(&path.0, found)
}

/// The texts found so far, within the limits.
struct FoundTexts {
    limit: TextLimit,
    texts: Vec<String>,
    bytes: usize,
}

impl FoundTexts {
    fn add(&mut self, found: &PathValue) -> Result<(), EarlyEnd> {
        match found {
            PathValue::Tree(tree) => self.add_tree(tree),
            PathValue::Number(number) => self.push(&number.to_string()),
            PathValue::Name(name) => self.push(name),
        }
    }

    /// Adds a value's texts: those of a list's items, none of null.
    fn add_tree(&mut self, tree: &Tree) -> Result<(), EarlyEnd> {
        match tree {
            Tree::Null => Ok(()),
            Tree::Text(text) | Tree::Number(text) => self.push(text),
            Tree::Bool(truth) => self.push(if *truth { "true" } else { "false" }),
            Tree::List(items) => items.iter().try_for_each(|item| self.add_tree(item)),
            Tree::Map(_) => Err(EarlyEnd::Error(QueryError::NoText)),
        }
    }

    fn push(&mut self, text: &str) -> Result<(), EarlyEnd> {
        let text = truncate(text);
        self.texts.push(text.to_owned());
        self.bytes += text.len();
        match self.limit {
            limit if !limit.is_reached(self.texts.len(), self.bytes) => Ok(()),
            TextLimit::First => Err(EarlyEnd::Enough),
            TextLimit::All => Err(EarlyEnd::Error(QueryError::TooManyTexts)),
        }
    }
}
