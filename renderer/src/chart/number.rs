//! Numbers as a chart writes them: `1,234`, `1.2M`.

/// The letters for thousands, millions and so on.
const UNITS: [(&str, u32); 6] = [("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15)];

/// A number in a legend: all its digits below a million, and otherwise three digits and a letter.
pub(super) fn short(number: u64) -> String {
    if number < 1_000_000 {
        return separated(&number.to_string());
    }
    let unit = UNITS.iter().rev().find(|(_, power)| number >= 10_u64.pow(*power));
    let (letter, power) = unit.copied().unwrap_or(("", 0));
    let whole = number / 10_u64.pow(power);
    // Truncated and not rounded, so that 999,999 of a million never look like a whole million.
    let decimals = if whole >= 100 {
        0
    } else if whole >= 10 {
        1
    } else {
        2
    };
    let rest = number % 10_u64.pow(power) / 10_u64.pow(power - decimals);
    let text =
        if decimals == 0 { format!("{whole}") } else { format!("{whole}.{rest:0width$}", width = decimals as usize) };
    trimmed(&text).to_owned() + letter
}

/// A number that may have decimals: whole numbers with separators, others with at most two decimals.
pub(super) fn value(number: f64) -> String {
    let text = if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.2}") };
    separated(if text.contains('.') { trimmed(&text) } else { &text })
}

/// `number × 10^exponent`, written with the largest unit letter that is not larger than `largest × 10^exponent` and
/// with which the number has at most one decimal; without a letter if there is none.
pub(super) fn tick(number: i64, exponent: i32, largest: i64) -> String {
    let digits = |number: i64| number.unsigned_abs().checked_ilog10().map_or(0, |digits| digits as i32) + exponent;
    let fits = |(_, power): &&(&str, u32)| {
        let power = *power as i32;
        power == 0 || (digits(largest) >= power.max(4) && power - exponent <= 1)
    };
    let (letter, power) = UNITS.iter().rev().find(fits).copied().unwrap_or(("", 0));
    let decimals = (power as i32 - exponent).max(0) as usize;
    let zeros = (exponent - power as i32).max(0) as usize;
    let sign = if number < 0 { "-" } else { "" };
    let mut text = number.unsigned_abs().to_string() + &"0".repeat(if number == 0 { 0 } else { zeros });
    if decimals > 0 {
        let padded = format!("{text:0>width$}", width = decimals + 1);
        let (whole, rest) = padded.split_at(padded.len() - decimals);
        text = trimmed(&format!("{whole}.{rest}")).to_owned();
    }
    let letter = if number == 0 { "" } else { letter };
    format!("{sign}{}{letter}", separated(&text))
}

/// A text with decimals, without trailing zeros.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Adds commas between thousands.
pub(super) fn separated(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut out = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_short_and_never_rounded_up() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (12_345, "12,345"),
            (999_999, "999,999"),
            (1_000_000, "1M"),
            (1_999_999, "1.99M"),
            (12_500_000, "12.5M"),
            (999_999_999, "999M"),
            (4_503_599_627_370_496, "4.5P"),
            (u64::MAX, "18446P"),
        ] {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn the_ticks_of_an_axis_have_one_letter_and_all_their_digits() {
        for (number, exponent, largest, text) in [
            (0, 3, 5, "0"),
            (5, 1, 20, "50"),
            (2, 3, 8, "2,000"),
            (2, 3, 10, "2k"),
            (25, 2, 150, "2.5k"),
            (1_000_005, 0, 1_000_010, "1,000,005"),
            (15, 5, 20, "1.5M"),
            (25, -1, 100, "2.5"),
            (-5, -2, 100, "-0.05"),
            (5, 14, 45, "0.5P"),
        ] {
            assert_eq!(tick(number, exponent, largest), text, "{number}e{exponent}");
        }
    }

    #[test]
    fn a_value_has_at_most_two_decimals() {
        for (number, text) in
            [(0.0, "0"), (1234.0, "1,234"), (87.25, "87.25"), (87.5, "87.5"), (-1234.567, "-1,234.57")]
        {
            assert_eq!(value(number), text);
        }
    }
}
