//! JSON, YAML and TOML documents as trees of one type.

mod json;
mod number;
mod toml;
mod value;
mod yaml;

pub(crate) use value::Tree;

use crate::{document_kind::DocumentKind, query_error::QueryError};

/// Parses a document in any language but XML.
///
/// # Errors
/// [`QueryError`] where it is not in this language, exceeds a limit, or is a scalar, in which there is nothing to find.
pub(crate) fn read(kind: DocumentKind, text: &str) -> Result<Tree<'_>, QueryError> {
    let tree = match kind {
        DocumentKind::Yaml => yaml::read(text)?,
        DocumentKind::Toml => toml::read(text)?,
        _ => json::read(text)?,
    };
    if tree.is_container() { Ok(tree) } else { Err(QueryError::NoContainer) }
}
