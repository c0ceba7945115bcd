//! What a query finds in a document: JSONPath in JSON, YAML and TOML, XPath in XML, a regex in any text.
//!
//! Documents and queries both come from strangers, so every reading is bounded: how large a document may be, how deep,
//! and how many steps a query may take through it. What goes beyond is refused with words, before or while it is
//! worked at, and never by a clock. Nothing in here knows a badge.
//!
//! ```
//! use badgesmith_queries::{Document, Kind};
//!
//! let document = Document::read(Kind::Toml, "[package]\nname = 'wave'\nkeywords = ['badge', 'svg']").unwrap();
//! assert_eq!(document.find("$.package.name").unwrap(), ["wave"]);
//! assert_eq!(document.find("$.package.keywords").unwrap(), ["badge", "svg"]);
//! ```

mod fault;
mod json_path;
mod pattern;
mod tree;
mod xml;
mod xpath;
mod yaml;

use serde_json::Value;

pub use fault::Fault;
pub use pattern::{LONGEST_PATTERN, Pattern};

/// The largest document, in bytes.
pub const LARGEST_DOCUMENT: usize = 1024 * 1024;
/// The longest query, in bytes.
pub const LONGEST_QUERY: usize = 1024;
/// The most texts of one query; those behind are left out.
const MOST_TEXTS: usize = 1000;
/// How deep brackets may stand in each other in a query.
const DEEPEST_QUERY: usize = 16;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 8259.
    Json,
    /// XML 1.0, with namespaces and without entities of its own.
    Xml,
    /// YAML 1.2, one document, with merge keys.
    Yaml,
    /// TOML 1.1.
    Toml,
}

impl Kind {
    /// Its name in lower case.
    ///
    /// ```
    /// assert_eq!(badgesmith_queries::Kind::Yaml.name(), "yaml");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
        }
    }
}

/// A document that was read.
#[derive(Debug)]
pub struct Document<'text>(Form<'text>);

#[derive(Debug)]
enum Form<'text> {
    Tree(Value),
    Xml(Box<roxmltree::Document<'text>>),
}

impl<'text> Document<'text> {
    /// Reads a document. A byte order mark in front of it is ignored.
    ///
    /// # Errors
    /// [`Fault`] where it is not what its kind says, too large, or larger than it looks.
    pub fn read(kind: Kind, text: &'text str) -> Result<Self, Fault> {
        if text.len() > LARGEST_DOCUMENT {
            return Err(Fault::TooLarge);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Self(match kind {
            Kind::Json => Form::Tree(tree::json(text)?),
            Kind::Yaml => Form::Tree(tree::yaml(text)?),
            Kind::Toml => Form::Tree(tree::toml(text)?),
            Kind::Xml => Form::Xml(Box::new(xml::read(text)?)),
        }))
    }

    /// The texts a query finds, in the document's order, at least one and a thousand at most.
    ///
    /// JSONPath is RFC 9535's, and what shields' own accepts beside it (`package.name` without `$`, names with dashes).
    /// A list counts as its items, null as nothing. XPath is version 1.0; of an element it is the text it begins with,
    /// or all its text where it begins with an element.
    ///
    /// # Errors
    /// [`Fault`] where the query cannot be read, takes too many steps, finds nothing, or finds what has no text.
    pub fn find(&self, query: &str) -> Result<Vec<String>, Fault> {
        if query.len() > LONGEST_QUERY {
            return Err(Fault::QueryTooLong);
        }
        if depth(query) > DEEPEST_QUERY {
            return Err(Fault::QueryTooDeep);
        }
        let found = match &self.0 {
            Form::Tree(tree) => json_path::find(tree, query)?,
            Form::Xml(document) => xpath::find(document, query)?,
        };
        if found.is_empty() { Err(Fault::NoResult) } else { Ok(found) }
    }
}

/// How deep brackets stand in each other, those in quotes left aside.
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
