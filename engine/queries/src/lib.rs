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

mod html;
mod json_path;
mod lone_surrogates;
mod pattern;
mod query_error;
mod step_budget;
mod tree;
mod xml;
mod xpath;

pub use html::{as_xml, is_html};
pub use lone_surrogates::replace_lone_surrogates;
pub use pattern::{LONGEST_PATTERN, Pattern};
pub use query_error::Fault;

use step_budget::Steps;
use tree::Tree;

/// The largest document, in bytes.
pub const LARGEST_DOCUMENT: usize = 4 * 1024 * 1024;
/// The longest query, in bytes.
pub const LONGEST_QUERY: usize = 1024;
/// The most texts of one query; those behind are left out.
const MOST_TEXTS: usize = 1000;
/// The most bytes of all texts of one query: more than any badge shows.
const MOST_BYTES: usize = 64 * 1024;
/// The most steps all paths through one document may take; one takes 20 to 50 nanoseconds.
const MOST_STEPS: u64 = 8_000_000;
/// The same through XML, where one takes a quarter of a microsecond at the most.
const MOST_XML_STEPS: u64 = 2_000_000;
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

/// A document that was read, with the steps its queries may take, all of them together.
#[derive(Debug)]
pub struct Document<'text> {
    form: Form<'text>,
    steps: Steps,
}

#[derive(Debug)]
enum Form<'text> {
    Tree(Tree<'text>),
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
        Ok(match kind {
            Kind::Xml => Self { form: Form::Xml(Box::new(xml::read(text)?)), steps: Steps::new(MOST_XML_STEPS) },
            _ => Self { form: Form::Tree(Tree::read(kind, text)?), steps: Steps::new(MOST_STEPS) },
        })
    }

    /// The texts a query finds, in the document's order, at least one and a thousand at most.
    ///
    /// JSONPath is RFC 9535's, and what shields' own accepts beside it (`package.name` without `$`, names with dashes,
    /// `.length`). A list counts as its items, null as nothing. XPath is version 1.0; of an element it is the text it begins with,
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
        let found = match &self.form {
            Form::Tree(tree) => json_path::find(tree, query, &self.steps)?,
            Form::Xml(document) => xpath::find(document, query, &self.steps)?,
        };
        if found.is_empty() { Err(Fault::NoResult) } else { Ok(found) }
    }
}

/// As much of a text as a query gives back.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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
