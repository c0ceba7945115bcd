//! JSON, YAML and TOML as one kind of tree. The readers of JSON and TOML have limits of their own: 127 and 80 levels.

use serde_json::Value;
use toml::{Table, Value as Toml};

use crate::{Fault, Kind, yaml};

pub(crate) fn json(text: &str) -> Result<Value, Fault> {
    let value: Value = serde_json::from_str(text).map_err(|_| Fault::Unparseable(Kind::Json))?;
    rooted(value)
}

pub(crate) fn yaml(text: &str) -> Result<Value, Fault> {
    rooted(yaml::read(text)?)
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
