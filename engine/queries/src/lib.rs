//! Finds texts in documents: by JSONPath in JSON, YAML and TOML, by XPath in XML and HTML, by a regex in any text.
//!
//! Documents and queries both come from untrusted callers, so every operation is bounded: the size and the depth of a
//! document, and the number of steps that a query may take through it. Exceeding a bound is an error, before or during
//! the work, and never depends on a clock. This crate knows nothing of badges.
//!
//! ```
//! use badgesmith_queries::{Document, DocumentKind};
//!
//! let text = "[package]\nname = 'wave'\nkeywords = ['badge', 'svg']";
//! let document = Document::read(DocumentKind::Toml, text).unwrap();
//! assert_eq!(document.find("$.package.name").unwrap(), ["wave"]);
//! assert_eq!(document.find("$.package.keywords").unwrap(), ["badge", "svg"]);
//! ```

mod document;
mod document_kind;
mod html;
mod json_path;
mod limits;
mod lone_surrogates;
mod pattern;
mod query_error;
mod step_budget;
mod tree;
mod xml;
mod xpath;

pub use document::Document;
pub use document_kind::DocumentKind;
pub use html::{as_xml, is_html};
pub use limits::{LARGEST_DOCUMENT, LONGEST_PATTERN, LONGEST_QUERY};
pub use lone_surrogates::replace_lone_surrogates;
pub use pattern::Pattern;
pub use query_error::QueryError;
