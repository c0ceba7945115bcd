//! What a lookup reads from an answer, and its result.

use serde_json::Value;

/// What to read at the end of a path into a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// The value there.
    Value,
    /// The items of a list, the keys of an object, or any other single value.
    Items,
    /// How many items a list, or keys an object, has.
    Count,
}

/// The result of a lookup.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lookup {
    /// A value that is neither null, blank, nor an empty list.
    Value(Value),
    /// At least one item, none of them null.
    Items(Vec<Value>),
    /// A number of items or keys.
    Count(u64),
    /// The path leads to an empty list, or through one.
    EmptyList,
    /// The path leads to nothing, to null, or to a blank text.
    Nothing,
}

impl Lookup {
    /// A value, unless it counts as nothing.
    pub(super) fn of_value(value: Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::String(text) if text.trim().is_empty() => Self::Nothing,
            Value::Array(items) if items.is_empty() => Self::EmptyList,
            value => Self::Value(value),
        }
    }

    /// Items, without those that are null.
    pub(super) fn of_items(mut items: Vec<Value>) -> Self {
        items.retain(|item| !item.is_null());
        if items.is_empty() { Self::EmptyList } else { Self::Items(items) }
    }
}

/// The result as tests write it.
#[cfg(test)]
pub(super) fn found_text(found: Lookup) -> String {
    match found {
        Lookup::Value(value) => value.to_string(),
        Lookup::Items(items) => format!("items {}", Value::Array(items)),
        Lookup::Count(count) => format!("count {count}"),
        Lookup::EmptyList => "empty".to_owned(),
        Lookup::Nothing => "nothing".to_owned(),
    }
}
