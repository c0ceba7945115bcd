//! JSON, YAML and TOML as one kind of tree.

use serde_json::Value;
use serde_saphyr::Error;
use toml::{Table, Value as Toml};

use crate::{Fault, Kind};

/// How deep the values of a YAML document may lie in each other. Its reader takes much stack for each level; those of
/// JSON and TOML have limits of their own, 127 and 80.
const DEEPEST: usize = 64;
/// The most values of a YAML document, its aliases followed. JSON and TOML have none, so their bytes bound them.
const MOST_VALUES: usize = 250_000;

pub(crate) fn json(text: &str) -> Result<Value, Fault> {
    let value: Value = serde_json::from_str(text).map_err(|_| Fault::Unparseable(Kind::Json))?;
    rooted(value)
}

pub(crate) fn yaml(text: &str) -> Result<Value, Fault> {
    let budget = serde_saphyr::budget! {
        max_nodes: MOST_VALUES,
        max_depth: DEEPEST,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        strict_booleans: true,
        with_snippet: false,
    };
    let value: Value = serde_saphyr::from_str_with_options(text, options).map_err(|fault| {
        if is_too_much(&fault) { Fault::TooManyValues(Kind::Yaml) } else { Fault::Unparseable(Kind::Yaml) }
    })?;
    rooted(value)
}

/// Whether the YAML would have been read if there were more room for it.
fn is_too_much(fault: &Error) -> bool {
    match fault {
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => true,
        Error::AliasError { error, .. } => is_too_much(error),
        _ => false,
    }
}

pub(crate) fn toml(text: &str) -> Result<Value, Fault> {
    let table: Table = text.parse().map_err(|_| Fault::Unparseable(Kind::Toml))?;
    Ok(of_toml(Toml::Table(table)))
}

/// A scalar alone has nothing in it to look for.
fn rooted(value: Value) -> Result<Value, Fault> {
    if value.is_object() || value.is_array() { Ok(value) } else { Err(Fault::NoTree) }
}

/// Dates become texts, and numbers that are none become null.
fn of_toml(value: Toml) -> Value {
    match value {
        Toml::String(text) => Value::String(text),
        Toml::Integer(number) => number.into(),
        Toml::Float(number) => number.into(),
        Toml::Boolean(truth) => truth.into(),
        Toml::Datetime(time) => Value::String(time.to_string()),
        Toml::Array(items) => items.into_iter().map(of_toml).collect(),
        Toml::Table(table) => table.into_iter().map(|(key, value)| (key, of_toml(value))).collect(),
    }
}
