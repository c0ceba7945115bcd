//! A part of a whole, as a percentage.

use badgesmith_provider::Record;
use serde_json::Value;

/// How many lines, branches or functions are covered, and how many there are: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    covered: u64,
    total: u64,
}

impl Share {
    /// The share in a field, summed over all records; `None` if a record lacks the field, or if there is nothing to
    /// cover. A record whose field has nothing to cover adds nothing.
    pub(crate) fn sum(records: &[&Record], field: &str) -> Option<Self> {
        let [mut covered, mut total] = [0_u64; 2];
        for record in records {
            let field = record.fields.get(field)?;
            let count = |name| field.get(name).and_then(Value::as_u64);
            covered = covered.checked_add(count("covered")?)?;
            total = total.checked_add(count("total")?)?;
        }
        Self::new(covered, total)
    }

    /// A share; `None` if there is nothing to cover, or more is covered than there is.
    pub(crate) fn new(covered: u64, total: u64) -> Option<Self> {
        (total > 0 && covered <= total).then_some(Self { covered, total })
    }

    /// The percentage, as exact as a float can be.
    pub(crate) fn percent(self) -> f64 {
        // The counts of a report are at most 2⁵², so both are exact.
        self.covered as f64 * 100.0 / self.total as f64
    }

    /// The percentage with this many decimals, rounded half up; but 100 only if everything is covered.
    pub(crate) fn text(self, decimals: u32) -> String {
        let scale = 10_u128.pow(decimals);
        let (covered, total) = (u128::from(self.covered), u128::from(self.total));
        let rounded = (covered * 200 * scale + total) / (2 * total);
        let rounded = if covered < total { rounded.min(100 * scale - 1) } else { rounded };
        let (whole, fraction) = (rounded / scale, rounded % scale);
        if decimals == 0 {
            format!("{whole}%")
        } else {
            format!("{whole}.{fraction:0width$}%", width = decimals as usize)
        }
    }
}
