//! The lines of a TAP stream other than test points: version, plan and bail out.

/// Whether the line is a version line, such as `TAP version 14`.
pub(super) fn is_version(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let mut is_next = |word: &str| words.next().is_some_and(|next| next.eq_ignore_ascii_case(word));
    line.starts_with(['T', 't'])
        && is_next("TAP")
        && is_next("version")
        && words.next().is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The reason in `Bail out! because`. A subtest may also end the whole run with such a line.
pub(super) fn bail_out(line: &str) -> Option<&str> {
    let line = line.trim_ascii_start();
    let (start, reason) = line.split_at_checked("Bail out!".len())?;
    start.eq_ignore_ascii_case("Bail out!").then(|| reason.trim())
}

/// The number of test points in a plan such as `1..5` or `1..0 # SKIP because`. `None` for a plan that ends before it
/// begins.
pub(super) fn plan(line: &str) -> Option<u64> {
    let (first, rest) = line.split_once("..")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (last, comment) = rest.split_at_checked(end)?;
    if first.is_empty() || !first.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let is_plan = comment.is_empty() || comment.trim_start().starts_with('#');
    last.checked_add(1)?.checked_sub(first).filter(|_| is_plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_promises_points() {
        for (line, points) in [
            ("1..5", Some(5)),
            ("1..0 # SKIP no network", Some(0)),
            ("8..11", Some(4)),
            ("100..1", None),
            ("1..", None),
            ("..5", None),
            ("1..5 todo 2;", None),
            ("  1..5", None),
            ("1..18446744073709551615", None),
        ] {
            assert_eq!(plan(line), points, "{line}");
        }
    }
}
