//! A document that queries search for texts.

use crate::{
    document_kind::DocumentKind,
    json_path::{self, JsonPath},
    limits::{LARGEST_DOCUMENT, LONGEST_QUERY, TextLimit},
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

/// A document, with the steps that all of its queries together may take.
#[derive(Debug)]
pub struct Document<'text> {
    content: Content<'text>,
    steps: StepBudget,
}

#[derive(Debug)]
enum Content<'text> {
    Tree(Tree<'text>),
    /// JSON that each query parses, as far as it needs it.
    UnparsedJson(&'text str),
    Xml(Box<roxmltree::Document<'text>>),
}

impl<'text> Document<'text> {
    /// Parses a document. A byte order mark at its beginning is ignored.
    ///
    /// # Errors
    /// [`QueryError`] if it is not in this language, or exceeds a limit.
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

    /// As [`read`](Self::read), but JSON is parsed by each query, which skips the values that it does not visit: for
    /// `$.package.version` this takes a fraction of the time. Use it for a single query, because each query parses the
    /// text again. An error that `read` would return for JSON is returned by the query, whether or not the query visits
    /// the faulty value.
    ///
    /// ```
    /// use badgesmith_queries::{Document, DocumentKind, QueryError};
    ///
    /// let document = Document::lazy(DocumentKind::Json, r#"{"name": "wave", "version": "1.2", "keywords": []}"#);
    /// assert_eq!(document.unwrap().find("$.version").unwrap(), ["1.2"]);
    /// let document = Document::lazy(DocumentKind::Json, r#"{"version": "1.2", "keywords": [}"#);
    /// assert_eq!(document.unwrap().find("$.version"), Err(QueryError::Unparseable(DocumentKind::Json)));
    /// ```
    ///
    /// # Errors
    /// As for [`read`](Self::read); for JSON only [`QueryError::TooLarge`].
    pub fn lazy(kind: DocumentKind, text: &'text str) -> Result<Self, QueryError> {
        if kind != DocumentKind::Json || text.len() > LARGEST_DOCUMENT {
            return Self::read(kind, text);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Self { content: Content::UnparsedJson(text), steps: StepBudget::new(MOST_STEPS) })
    }

    /// The texts that a query finds, in the document's order: at least one, and a thousand at most.
    ///
    /// A JSONPath is RFC 9535's, with what shields' library accepts beyond it (`package.name` without `$`, names with
    /// dashes, `.length`). The texts of a list are those of its items; null has none. An XPath is version 1.0; the text
    /// of an element is its first text node, or its whole text if it begins with an element.
    ///
    /// # Errors
    /// [`QueryError`] if the query cannot be parsed, takes too many steps, finds nothing, or finds an object.
    pub fn find(&self, query: &str) -> Result<Vec<String>, QueryError> {
        self.find_within(query, TextLimit::First)
    }

    /// All texts that a query finds, like [`find`](Self::find), but up to 100,000 texts with up to 4 MiB together.
    ///
    /// ```
    /// use badgesmith_queries::{Document, DocumentKind};
    ///
    /// let json = format!("{:?}", (1..=2000).collect::<Vec<_>>());
    /// let document = Document::read(DocumentKind::Json, &json).unwrap();
    /// assert_eq!(document.find("$[*]").unwrap().len(), 1000);
    /// assert_eq!(document.find_all("$[*]").unwrap().len(), 2000);
    /// ```
    ///
    /// # Errors
    /// As for [`find`](Self::find), and [`QueryError::TooManyTexts`].
    pub fn find_all(&self, query: &str) -> Result<Vec<String>, QueryError> {
        self.find_within(query, TextLimit::All)
    }

    /// How many values a query finds. If it finds one list or object, this is the number of its items or members.
    /// `None` if it finds nothing.
    ///
    /// ```
    /// use badgesmith_queries::{Document, DocumentKind};
    ///
    /// let document = Document::read(DocumentKind::Json, r#"{"items": [{"a": 1}, {"a": 2}, {}]}"#).unwrap();
    /// let counts = ["$.items", "$.items[*].a", "$.other"].map(|query| document.count(query).unwrap());
    /// assert_eq!(counts, [Some(3), Some(2), None]);
    /// ```
    ///
    /// # Errors
    /// [`QueryError`] if the query cannot be parsed, or takes too many steps.
    pub fn count(&self, query: &str) -> Result<Option<usize>, QueryError> {
        let count = |tree: &Tree, path: &JsonPath| json_path::count(tree, path, &self.steps);
        match &self.content {
            Content::Tree(tree) => count(tree, &path(query)?),
            Content::UnparsedJson(text) => ask(text, query, count),
            Content::Xml(document) => check(query).and_then(|()| xpath::count(document, query, &self.steps)),
        }
    }

    fn find_within(&self, query: &str, limit: TextLimit) -> Result<Vec<String>, QueryError> {
        let find = |tree: &Tree, path: &JsonPath| json_path::find(tree, path, limit, &self.steps);
        let found = match &self.content {
            Content::Tree(tree) => find(tree, &path(query)?)?,
            Content::UnparsedJson(text) => ask(text, query, find)?,
            Content::Xml(document) => check(query).and_then(|()| xpath::find(document, query, limit, &self.steps))?,
        };
        if found.is_empty() { Err(QueryError::NoResult) } else { Ok(found) }
    }
}

/// The result of a query in a JSON text, of which only the values that the query visits are built. If both the document
/// and the query are invalid, the error is about the document, as if it had been parsed first.
fn ask<T>(text: &str, query: &str, find: impl Fn(&Tree, &JsonPath) -> Result<T, QueryError>) -> Result<T, QueryError> {
    let path = path(query);
    let visited = path.as_ref().map(JsonPath::visited).unwrap_or_default();
    let tree = tree::read_json_for(text, &visited)?;
    find(&tree, &path?)
}

/// Parses a JSONPath that is within the limits.
fn path(query: &str) -> Result<JsonPath, QueryError> {
    check(query)?;
    JsonPath::parse(query)
}

/// Checks the length and the depth of a query.
fn check(query: &str) -> Result<(), QueryError> {
    if query.len() > LONGEST_QUERY {
        Err(QueryError::QueryTooLong)
    } else if depth(query) > DEEPEST_QUERY {
        Err(QueryError::QueryTooDeep)
    } else {
        Ok(())
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
