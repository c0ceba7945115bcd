//! A provider that is a TOML file: it describes requests, the values to take from their answers, and their formats.
//!
//! `providers/declarative/README.md` describes the file. It is parsed and checked once, when it is loaded; after that,
//! only the caller's parameters or the upstream's answers can make a badge fail.

mod address_template;
mod badge;
mod badge_table;
mod bases;
mod body_template;
mod braces;
mod file;
mod file_error;
mod header;
mod lookup;
mod name_use;
mod parameters;
mod pointer;
mod pointer_seed;
mod provider;
mod query_template;
mod recipe;
mod reducer;
mod regex_template;
mod request_recipe;
mod request_table;
mod route_table;
mod secret_table;
mod shown_words;
mod sorting;
mod status_words;
mod value_recipe;
mod value_source;
mod value_table;

pub use file_error::DeclarativeError;
pub(crate) use provider::DeclarativeProvider;
