//! A TOML file as a provider: requests, and values out of their answers, each shown in a format.
//!
//! `providers/declarative/README.md` describes the file. It is parsed and checked once; after that a badge fails only
//! for what its caller or its upstream did.

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
