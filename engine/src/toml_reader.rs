//! Reads TOML into serde's types, with the place of a value where a type asks for it by [`Spanned`].
//!
//! toml's own deserializer has one type of map for a table, one for a value with its place and one for a date, so the
//! compiler makes the code that reads a struct three times. That took two fifths of optimising this crate. Here every
//! table is one type of map, and a value is read by what its type asks for alone. toml still parses the text.

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
