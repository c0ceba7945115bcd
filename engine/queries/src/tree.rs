//! JSON, YAML and TOML documents as trees of one type.

mod json;
mod json_bounds;
mod json_scan;
mod number;
mod toml;
mod value;
mod wanted;
mod yaml;

pub(crate) use value::Tree;
pub(crate) use wanted::WantedChildren;

use crate::{document_kind::DocumentKind, query_error::QueryError};

/// Parses a document in any language but XML.
///
/// # Errors
/// [`QueryError`] if it is not in this language, exceeds a limit, or is a scalar, in which there is nothing to find.
pub(crate) fn read(kind: DocumentKind, text: &str) -> Result<Tree<'_>, QueryError> {
    let tree = match kind {
        DocumentKind::Yaml => yaml::read(text)?,
        DocumentKind::Toml => toml::read(text)?,
        _ => json::read(text)?,
    };
    container(tree)
}

/// Parses a JSON document for a query that visits these children on its first levels. The tree must not be used for
/// other queries, because it lacks other values.
///
/// # Errors
/// As [`read`], also for mistakes in values that the query does not visit.
pub(crate) fn read_json_for<'t>(text: &'t str, wanted: &[WantedChildren<'_>]) -> Result<Tree<'t>, QueryError> {
    container(json::read_for(text, wanted)?)
}

fn container(tree: Tree<'_>) -> Result<Tree<'_>, QueryError> {
    if tree.is_container() { Ok(tree) } else { Err(QueryError::NoContainer) }
}
