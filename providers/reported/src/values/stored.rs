//! A value as it is stored: in bytes or milliseconds if it is a size or a duration.

use badgesmith_provider::Record;
use serde_json::Value;

use super::{kind::Kind, scale};

/// A value with its reported properties.
#[derive(Debug)]
pub(crate) struct StoredValue<'r> {
    /// A number or a text.
    pub(crate) value: &'r Value,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<&'r str>,
    pub(crate) label: Option<&'r str>,
    pub(crate) steps: Vec<f64>,
    pub(crate) colors: Vec<String>,
}

impl<'r> StoredValue<'r> {
    /// The value of a record.
    pub(crate) fn of(record: &'r Record) -> Option<Self> {
        let field = |name: &str| record.fields.get(name);
        let text = |name| field(name).and_then(Value::as_str);
        let items = |name| field(name).and_then(scale::items).unwrap_or_default();
        let kind = text("as").and_then(Kind::parse)?;
        Some(Self {
            value: field("value").filter(|value| value.is_number() || value.is_string())?,
            kind,
            unit: text("unit"),
            label: text("label"),
            steps: scale::steps(kind, &items("steps")).unwrap_or_default(),
            colors: items("colors"),
        })
    }
}
