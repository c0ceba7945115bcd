//! The limits of JSON documents, and the errors for a document that is not JSON or exceeds them.

use crate::{document_kind::DocumentKind, query_error::QueryError};

/// The most values of a document: more than people write, and they take at most 45 MiB of memory.
pub(super) const MOST_VALUES: usize = 500_000;
/// The deepest nesting of values.
pub(super) const DEEPEST: usize = 127;

pub(super) const INVALID: QueryError = QueryError::Unparseable(DocumentKind::Json);
pub(super) const TOO_MUCH: QueryError = QueryError::TooManyValues(DocumentKind::Json);
