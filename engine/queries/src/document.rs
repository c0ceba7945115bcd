//! A parsed document, in which queries find texts.

use crate::{
    document_kind::DocumentKind,
    json_path,
    limits::{LARGEST_DOCUMENT, LONGEST_QUERY},
    query_error::QueryError,
    step_budget::StepBudget,
    tree::{self, Tree},
    xml, xpath,
};

/// The most steps of all JSONPaths through one document together. A step takes 20 to 50 nanoseconds.
const MOST_STEPS: u64 = 8_000_000;
/// The most steps of all XPaths through one document together. A step takes at most a quarter of a microsecond.
const MOST_XML_STEPS: u64 = 2_000_000;
/// The deepest nesting of brackets in a query.
const DEEPEST_QUERY: usize = 16;

/// A parsed document, with the steps that all of its queries together may take.
#[derive(Debug)]
pub struct Document<'text> {
    content: Content<'text>,
    steps: StepBudget,
}

#[derive(Debug)]
enum Content<'text> {
    Tree(Tree<'text>),
    Xml(Box<roxmltree::Document<'text>>),
}

impl<'text> Document<'text> {
    /// Parses a document. A byte order mark at its beginning is ignored.
    ///
    /// # Errors
    /// [`QueryError`] where it is not in this language, or exceeds a limit.
    pub fn read(kind: DocumentKind, text: &'text str) -> Result<Self, QueryError> {
        if text.len() > LARGEST_DOCUMENT {
            return Err(QueryError::TooLarge);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(match kind {
            DocumentKind::Xml => {
                Self { content: Content::Xml(Box::new(xml::read(text)?)), steps: StepBudget::new(MOST_XML_STEPS) }
            }
            _ => Self { content: Content::Tree(tree::read(kind, text)?), steps: StepBudget::new(MOST_STEPS) },
        })
    }

    /// The texts that a query finds, in the document's order: at least one, and a thousand at most.
    ///
    /// A JSONPath is RFC 9535's, with what shields' library accepts beyond it (`package.name` without `$`, names with
    /// dashes, `.length`). The texts of a list are those of its items; null has none. An XPath is version 1.0; the text
    /// of an element is its first text node, or its whole text where it begins with an element.
    ///
    /// # Errors
    /// [`QueryError`] where the query cannot be parsed, takes too many steps, finds nothing, or finds an object.
    pub fn find(&self, query: &str) -> Result<Vec<String>, QueryError> {
        if query.len() > LONGEST_QUERY {
            return Err(QueryError::QueryTooLong);
        }
        if depth(query) > DEEPEST_QUERY {
            return Err(QueryError::QueryTooDeep);
        }
        let found = match &self.content {
            Content::Tree(tree) => json_path::find(tree, query, &self.steps)?,
            Content::Xml(document) => xpath::find(document, query, &self.steps)?,
        };
        if found.is_empty() { Err(QueryError::NoResult) } else { Ok(found) }
    }
}

/// The deepest nesting of brackets outside of quotes.
fn depth(query: &str) -> usize {
    let (mut quote, mut depth, mut deepest) = (None, 0_usize, 0);
    for letter in query.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    deepest
}
