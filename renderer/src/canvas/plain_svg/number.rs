//! Numbers of a drawing: checked, and written in as few digits as possible.

use std::fmt::{self, Write};

use super::limits::MAX_NUMBER;

/// The number; `None` if it is too great.
pub(super) fn bounded(number: f64) -> Option<f64> {
    (number.abs() <= MAX_NUMBER).then_some(number)
}

/// Writes a number in the fewest digits from which the same number is read.
pub(super) struct ShortNumber(pub(super) f64);

impl fmt::Display for ShortNumber {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Decimal notation would write all the zeros of a very small number.
        if self.0 != 0.0 && self.0.abs() < 1e-6 { write!(f, "{:e}", self.0) } else { self.0.fmt(f) }
    }
}

/// Numbers with a space between them; `None` if one is too great.
pub(super) fn number_list<const COUNT: usize>(numbers: [f64; COUNT]) -> Option<String> {
    let mut out = String::new();
    for (index, number) in numbers.into_iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(out, "{space}{}", ShortNumber(bounded(number)?));
    }
    Some(out)
}
