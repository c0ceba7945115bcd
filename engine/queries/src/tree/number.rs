//! Numbers as a badge shows them.

use std::borrow::Cow;

/// A number as a badge shows it. A decimal number keeps its digits, so `1.20` stays `1.20`. A number with an exponent
/// is shown as in JavaScript.
pub(super) fn number(written: &str) -> Cow<'_, str> {
    if !written.contains(['e', 'E']) {
        return Cow::Borrowed(written);
    }
    match written.parse::<f64>() {
        Ok(number) if number.is_finite() => Cow::Owned(in_javascript(number)),
        _ => Cow::Borrowed(written),
    }
}

/// A number as JavaScript shows it.
fn in_javascript(number: f64) -> String {
    if number == 0.0 || (1e-6..1e21).contains(&number.abs()) {
        return number.to_string();
    }
    let shown = format!("{number:e}");
    if shown.contains("e-") { shown } else { shown.replace('e', "e+") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_digits() {
        for (written, shown) in [
            ("1.20", "1.20"),
            ("-0", "-0"),
            ("010", "010"),
            ("1e3", "1000"),
            ("1.5E-2", "0.015"),
            ("1e21", "1e+21"),
            ("2.5e-7", "2.5e-7"),
            ("1e999", "1e999"),
        ] {
            assert_eq!(number(written), shown);
        }
    }
}
