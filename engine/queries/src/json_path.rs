//! A JSONPath through a tree: RFC 9535, and what shields' own reader (jsonpath-plus) takes beside it.
//!
//! A query is read as the RFC writes it; one that is none is read once more as the other reader would. Every step
//! through the tree is counted while it is taken.

mod filter_evaluator;
mod filter_parser;
mod parser;
mod path_syntax;
mod walk;

use crate::{Fault, MOST_BYTES, MOST_TEXTS, cut, step_budget::Steps, tree::Tree};
use walk::{Found, Stop, Walk};

/// The texts at a path, in the tree's order.
pub(crate) fn find(tree: &Tree, query: &str, steps: &Steps) -> Result<Vec<String>, Fault> {
    let path = parser::path(query.trim())?;
    let mut texts = Texts::default();
    match Walk::new(tree, steps).follow(&path, &mut |found| texts.add(found)) {
        Ok(()) | Err(Stop::Enough) => Ok(texts.texts),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// What has been found, as long as there is room for it.
#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    bytes: usize,
}

impl Texts {
    fn add(&mut self, found: &Found) -> Result<(), Stop> {
        match found {
            Found::Tree(tree) => self.add_tree(tree),
            Found::Number(number) => self.push(&number.to_string()),
            Found::Name(name) => self.push(name),
        }
    }

    /// A value's texts: a list is its items, null is nothing.
    fn add_tree(&mut self, tree: &Tree) -> Result<(), Stop> {
        match tree {
            Tree::Null => Ok(()),
            Tree::Text(text) | Tree::Number(text) => self.push(text),
            Tree::Truth(truth) => self.push(if *truth { "true" } else { "false" }),
            Tree::List(items) => items.iter().try_for_each(|item| self.add_tree(item)),
            Tree::Map(_) => Err(Stop::Fault(Fault::NoText)),
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Stop> {
        let text = cut(text);
        self.texts.push(text.to_owned());
        self.bytes += text.len();
        if self.texts.len() == MOST_TEXTS || self.bytes >= MOST_BYTES { Err(Stop::Enough) } else { Ok(()) }
    }
}
