//! `match()` and `search()` of RFC 9535, by the one regex engine there is.

use regex::Regex;
use serde_json::Value;
use serde_json_path::functions::{LogicalType, ValueType};

/// Whether the whole of a text fits a regex.
#[serde_json_path::function(name = "match")]
fn matches(text: ValueType, regex: ValueType) -> LogicalType {
    fits(&text, &regex, |regex| format!("(?R)^(?:{regex})$"))
}

/// Whether a part of a text fits a regex.
#[serde_json_path::function]
fn search(text: ValueType, regex: ValueType) -> LogicalType {
    fits(&text, &regex, |regex| format!("(?R){regex}"))
}

/// What is no text, and what is no regex, fits nothing.
fn fits(text: &ValueType<'_>, regex: &ValueType<'_>, written: impl Fn(&str) -> String) -> LogicalType {
    let (Some(Value::String(text)), Some(Value::String(regex))) = (text.as_value(), regex.as_value()) else {
        return LogicalType::False;
    };
    Regex::new(&written(regex)).is_ok_and(|regex| regex.is_match(text)).into()
}
