//! The order of the items of a list.

use badgesmith_provider::{Failure, order::Order};
use serde::{Deserialize, Deserializer, de::IntoDeserializer};
use serde_json::Value;

/// The most different items that are sorted. The author of the list may have made it long to keep the server busy.
const MOST_SORTED: usize = 1000;

/// How the items of a list are sorted, the lowest first. Duplicates are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sorting {
    pub(super) by: SortKey,
    /// Whether an item is left out if the list has a finer one: `3` is left out beside `3.12`.
    pub(super) is_finest: bool,
}

/// How items are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortKey {
    /// As texts.
    Text,
    /// As versions.
    Version(Order),
}

impl Sorting {
    /// The items in this order. Those that are neither texts nor numbers are left out.
    ///
    /// # Errors
    /// `invalid response` if there are more than [`MOST_SORTED`].
    pub(super) fn sort(self, items: &[Value]) -> Result<Vec<Value>, Failure> {
        let text = |item: &Value| match item {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let mut texts: Vec<String> = items.iter().filter_map(text).collect();
        texts.sort();
        texts.dedup();
        if texts.len() > MOST_SORTED {
            let reason = format!("{} different items cannot be sorted, at most {MOST_SORTED}", texts.len());
            return Err(Failure::invalid_response().because(reason));
        }
        if let SortKey::Version(order) = self.by {
            let mut sorted: Vec<String> = Vec::with_capacity(texts.len());
            for text in texts {
                // Insertion sort, because the standard library's sort may panic if the order is not transitive, as for
                // some odd versions.
                let place = sorted.partition_point(|other| order.compare(other, &text).is_le());
                sorted.insert(place, text);
            }
            texts = sorted;
        }
        let is_coarse = |text: &str| {
            let is_finer = |other: &String| other.strip_prefix(text).is_some_and(|rest| rest.starts_with('.'));
            self.is_finest && texts.iter().any(is_finer)
        };
        Ok(texts.iter().filter(|text| !is_coarse(text)).map(|text| Value::from(text.as_str())).collect())
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
        let sorted = |by, is_finest| Value::from(Sorting { by, is_finest }.sort(&items).unwrap());
        assert_eq!(sorted(SortKey::Version(Order::Loose), true), json!(["2", "3.9", "3.10"]));
        assert_eq!(sorted(SortKey::Version(Order::Loose), false), json!(["2", "3", "3.9", "3.10"]));
        assert_eq!(sorted(SortKey::Text, false), json!(["2", "3", "3.10", "3.9"]));
    }

    #[test]
    fn a_list_that_would_take_long_is_not_sorted_and_versions_without_an_order_cause_no_panic() {
        let list = |count: usize| (0..count).map(|number| json!(format!("3.{number}"))).collect::<Vec<_>>();
        let sorting = Sorting { by: SortKey::Version(Order::Loose), is_finest: true };
        assert_eq!(sorting.sort(&list(MOST_SORTED)).unwrap().len(), MOST_SORTED);
        let reason = sorting.sort(&list(200_000)).unwrap_err().reason.unwrap();
        assert_eq!(&**reason, "200000 different items cannot be sorted, at most 1000");
        assert_eq!(sorting.sort(&vec![json!("1"); 200_000]).unwrap().len(), 1);
        let odd = (0..900).map(|number| match number % 3 {
            0 => json!(format!("{}-x", 1000 - number)),
            1 => json!(format!("x{}", "yz".repeat(number % 7))),
            _ => json!(format!("0.0.{number}-{}", number % 5)),
        });
        assert_eq!(sorting.sort(&odd.collect::<Vec<_>>()).unwrap().len(), 607);
    }
}
