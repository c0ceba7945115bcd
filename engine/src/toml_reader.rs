//! Reads TOML into types that implement serde's `Deserialize`, with the position of a value where a type asks for it by
//! [`Spanned`].
//!
//! The deserializer of the crate `toml` has three types of maps: for a table, for a value with its position, and for a
//! date. So the compiler generates the code that reads a struct three times, which took two fifths of the time to
//! optimise this crate. Here there is one type of map for every table, and the type that is read decides how a value is
//! read. The crate `toml` still parses the text.

mod spanned;
mod value;

use serde::de::DeserializeOwned;
use toml::{
    Spanned as At,
    de::{DeTable, DeValue, Error},
};

pub(crate) use self::spanned::Spanned;
use self::value::Value;

/// Reads a whole document.
///
/// # Errors
/// The first mistake, with its place in the text.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let table = DeTable::parse(text)?;
    let root = At::new(table.span(), DeValue::Table(table.into_inner()));
    read_value(root).map_err(|mut error| {
        error.set_input(Some(text));
        error
    })
}

/// Reads one value of a parsed document.
///
/// # Errors
/// The first mistake, with its place in the text.
pub(crate) fn read_value<T: DeserializeOwned>(value: At<DeValue<'_>>) -> Result<T, Error> {
    value::placed(value.span(), T::deserialize(Value::from(value)))
}

#[cfg(test)]
mod tests;
