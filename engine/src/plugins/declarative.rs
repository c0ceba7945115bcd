//! A TOML file as a provider: one GET, one value out of its JSON answer, one format.
//!
//! `providers/declarative/README.md` describes the file. It is parsed and checked once; after that a badge fails only
//! for what its caller or its upstream did.

mod braces;
mod file;
mod file_error;
mod pointer;
mod provider;
mod recipe;
mod request_template;
mod status_words;

pub use file_error::DeclarativeError;
pub(crate) use provider::DeclarativeProvider;
