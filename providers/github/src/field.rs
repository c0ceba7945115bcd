//! Reads members of JSON answers. A failure says for the log which member is not what GitHub documents.

use serde_json::Value;

use crate::{failures, stop::Stop};

/// A whole number that is not negative.
pub(crate) fn number(value: &Value, pointer: &str) -> Result<u64, Stop> {
    value.pointer(pointer).and_then(Value::as_u64).ok_or_else(|| invalid(pointer, "a whole number"))
}

/// A text.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str, Stop> {
    value.pointer(pointer).and_then(Value::as_str).ok_or_else(|| invalid(pointer, "a text"))
}

/// A list.
pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> Result<&'v [Value], Stop> {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| invalid(pointer, "a list"))
}

/// `true` or `false`.
pub(crate) fn flag(value: &Value, pointer: &str) -> Result<bool, Stop> {
    value.pointer(pointer).and_then(Value::as_bool).ok_or_else(|| invalid(pointer, "true or false"))
}

/// The failure for a member that is missing or of another type.
pub(crate) fn invalid(pointer: &str, expected: &str) -> Stop {
    let pointer = if pointer.is_empty() { "the answer" } else { pointer };
    failures::invalid(format!("{pointer} is not {expected}"))
}
