//! JSONPath: RFC 9535, and what shields' library (jsonpath-plus) accepts beyond it.
//!
//! A query is parsed by the RFC; one that the RFC refuses is parsed again by the rules of jsonpath-plus. Every step
//! through the tree is counted as it is taken.

mod evaluator;
mod filter_evaluator;
mod filter_parser;
mod parser;
mod path_syntax;

use crate::{
    limits::{MOST_BYTES, MOST_TEXTS, truncate},
    query_error::QueryError,
    step_budget::StepBudget,
    tree::Tree,
};
use evaluator::{EarlyEnd, PathEvaluator, PathValue};

/// The texts that a path finds, in the tree's order.
pub(crate) fn find(tree: &Tree, query: &str, steps: &StepBudget) -> Result<Vec<String>, QueryError> {
    let path = parser::parse(query.trim())?;
    let mut texts = FoundTexts::default();
    match PathEvaluator::new(tree, steps).evaluate(&path, &mut |found| texts.add(found)) {
        Ok(()) | Err(EarlyEnd::Enough) => Ok(texts.texts),
        Err(EarlyEnd::Error(error)) => Err(error),
    }
}

/// The texts found so far, within the limits.
#[derive(Default)]
struct FoundTexts {
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
        if self.texts.len() == MOST_TEXTS || self.bytes >= MOST_BYTES { Err(EarlyEnd::Enough) } else { Ok(()) }
    }
}
