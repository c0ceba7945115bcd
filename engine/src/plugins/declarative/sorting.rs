//! The order of the items of a list.

use badgesmith_provider::order::Order;
use serde::{Deserialize, Deserializer, de::IntoDeserializer};
use serde_json::Value;

/// How the items of a list are sorted, the lowest first. Of equal items one is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sorting {
    pub(super) by: SortKey,
    /// Whether an item is left out of which the list has finer ones: `3` beside `3.12`.
    pub(super) is_finest: bool,
}

/// By what items are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortKey {
    /// As texts.
    Text,
    /// As versions.
    Version(Order),
}

impl Sorting {
    /// The items in this order. Those that are neither texts nor numbers are left out.
    pub(super) fn sort(self, items: &[Value]) -> Vec<Value> {
        let text = |item: &Value| match item {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let mut texts: Vec<String> = items.iter().filter_map(text).collect();
        match self.by {
            SortKey::Text => texts.sort(),
            SortKey::Version(order) => texts.sort_by(|left, right| order.compare(left, right)),
        }
        texts.dedup();
        let is_coarse = |text: &str| {
            let is_finer = |other: &String| other.strip_prefix(text).is_some_and(|rest| rest.starts_with('.'));
            self.is_finest && texts.iter().any(is_finer)
        };
        texts.iter().filter(|text| !is_coarse(text)).map(|text| Value::from(text.as_str())).collect()
    }
}

/// `"text"`, or the name of an order.
impl<'de> Deserialize<'de> for SortKey {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let name = String::deserialize(reader)?;
        match name.as_str() {
            "text" => Ok(Self::Text),
            order => Order::deserialize(order.into_deserializer()).map(Self::Version),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_sorted_as_versions_and_the_coarse_ones_left_out() {
        let items = [json!("3"), json!("3.10"), json!("3.9"), json!("3.9"), json!("2"), json!(null)];
        let sorted = |by, is_finest| Value::from(Sorting { by, is_finest }.sort(&items));
        assert_eq!(sorted(SortKey::Version(Order::Loose), true), json!(["2", "3.9", "3.10"]));
        assert_eq!(sorted(SortKey::Version(Order::Loose), false), json!(["2", "3", "3.9", "3.10"]));
        assert_eq!(sorted(SortKey::Text, false), json!(["2", "3", "3.10", "3.9"]));
    }
}
