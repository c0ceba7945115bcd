//! The colors in which badges show values, by shields' scales.
//!
//! The module is part of the feature `format`.

mod name;

#[cfg(feature = "testkit")]
pub use name::color_names;
pub use name::is_color;

/// The color of a version: orange before 1.0 and for a prerelease, otherwise blue.
///
/// A prerelease contains `alpha`, `beta`, `snapshot`, `dev`, `pre`, `rc`, `scm` or `cvs`, anywhere and in any case.
///
/// ```
/// use badgesmith_provider::color::version;
///
/// assert_eq!(["1.2.3", "v2.0.0", "v0.9", "2.0-RC1", "1.0.0-beta.2"].map(version), ["blue", "blue", "orange", "orange", "orange"]);
/// ```
pub fn version(version: &str) -> &'static str {
    const PRERELEASES: [&str; 8] = ["alpha", "beta", "snapshot", "dev", "pre", "rc", "scm", "cvs"];
    let lower = version.to_ascii_lowercase();
    let is_early = version.strip_prefix('v').unwrap_or(version).starts_with('0');
    if is_early || PRERELEASES.iter().any(|word| lower.contains(word)) { "orange" } else { "blue" }
}

/// The color of a number of downloads: red for none, yellow below 10, yellow-green below 100, green below 1000.
///
/// ```
/// use badgesmith_provider::color::downloads;
///
/// assert_eq!([0.0, 9.0, 99.0, 999.0, 1000.0].map(downloads), ["red", "yellow", "yellowgreen", "green", "brightgreen"]);
/// ```
pub fn downloads(count: f64) -> &'static str {
    floor_count(count, [10.0, 100.0, 1000.0])
}

/// The color of a coverage, in percent: red for 0, yellow below 80, yellow-green below 90, green below 100.
///
/// ```
/// use badgesmith_provider::color::coverage;
///
/// assert_eq!([0.0, 79.9, 89.0, 99.9, 100.0].map(coverage), ["red", "yellow", "yellowgreen", "green", "brightgreen"]);
/// ```
pub fn coverage(percent: f64) -> &'static str {
    floor_count(percent, [80.0, 90.0, 100.0])
}

/// The color of a count that is better the larger it is: red up to 0, yellow below the first limit, yellow-green below
/// the second one, green below the third one, and bright green from there on.
///
/// ```
/// assert_eq!(badgesmith_provider::color::floor_count(3.0, [2.0, 4.0, 6.0]), "yellowgreen");
/// ```
pub fn floor_count(count: f64, [yellow, yellowgreen, green]: [f64; 3]) -> &'static str {
    match count {
        count if count <= 0.0 => "red",
        count if count < yellow => "yellow",
        count if count < yellowgreen => "yellowgreen",
        count if count < green => "green",
        _ => "brightgreen",
    }
}

/// The color of a number of contributors: red for one, yellow for two, and bright green for more.
///
/// ```
/// assert_eq!([1, 2, 3].map(badgesmith_provider::color::contributors), ["red", "yellow", "brightgreen"]);
/// ```
pub fn contributors(count: u64) -> &'static str {
    match count {
        0 | 1 => "red",
        2 => "yellow",
        _ => "brightgreen",
    }
}

/// The color of something by its age: bright green in the first week, red after two years. Both arguments are seconds
/// since 1970.
///
/// ```
/// use badgesmith_provider::color::age;
///
/// let days_old = |days: i64| age(1_795_262_400 - days * 24 * 60 * 60, 1_795_262_400);
/// assert_eq!([0, 7, 30, 180].map(days_old), ["brightgreen", "green", "yellowgreen", "yellow"]);
/// assert_eq!([365, 730].map(days_old), ["orange", "red"]);
/// ```
pub fn age(unix_seconds: i64, now: u64) -> &'static str {
    scale(days_between(unix_seconds, now), &AGE_STEPS, true)
}

/// The color of something that is better the older it is: red in the first week, bright green after two years.
///
/// ```
/// assert_eq!(badgesmith_provider::color::age_reversed(0, 1_795_262_400), "brightgreen");
/// ```
pub fn age_reversed(unix_seconds: i64, now: u64) -> &'static str {
    scale(days_between(unix_seconds, now), &AGE_STEPS, false)
}

/// The steps of the scale of ages, in days.
const AGE_STEPS: [f64; 5] = [7.0, 30.0, 180.0, 365.0, 730.0];

fn days_between(unix_seconds: i64, now: u64) -> f64 {
    (i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(unix_seconds) / (24 * 60 * 60)) as f64
}

/// The color of a number on a scale of one to five steps, from red to bright green, or the other way round if
/// `reversed`.
///
/// The first color is for numbers below the first step. With more steps than five, or none, the color is light grey.
///
/// ```
/// use badgesmith_provider::color::scale;
///
/// assert_eq!([1.0, 2.0, 4.0].map(|score| scale(score, &[2.0, 4.0], false)), ["red", "yellow", "brightgreen"]);
/// assert_eq!(scale(1.0, &[2.0, 4.0], true), "brightgreen");
/// ```
pub fn scale(number: f64, steps: &[f64], reversed: bool) -> &'static str {
    let colors: &[&'static str] = match steps.len() {
        1 => &["red", "brightgreen"],
        2 => &["red", "yellow", "brightgreen"],
        3 => &["red", "yellow", "green", "brightgreen"],
        4 => &["red", "yellow", "yellowgreen", "green", "brightgreen"],
        5 => &["red", "orange", "yellow", "yellowgreen", "green", "brightgreen"],
        _ => return "lightgrey",
    };
    let reached = steps.iter().position(|step| number < *step).unwrap_or(steps.len());
    let place = if reversed { steps.len() - reached } else { reached };
    colors.get(place).copied().unwrap_or("lightgrey")
}

/// The color of a grade: bright green for `A` to orange for `E`, and red for anything else.
///
/// ```
/// use badgesmith_provider::color::letter_score;
///
/// assert_eq!(["A", "B", "C", "D"].map(letter_score), ["brightgreen", "green", "yellowgreen", "yellow"]);
/// assert_eq!(["E", "F"].map(letter_score), ["orange", "red"]);
/// ```
pub fn letter_score(grade: &str) -> &'static str {
    match grade {
        "A" => "brightgreen",
        "B" => "green",
        "C" => "yellowgreen",
        "D" => "yellow",
        "E" => "orange",
        _ => "red",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_orange_until_it_is_stable() {
        for version in
            ["1.0.0", "10.2", "v1", "2024.1.post1", "1:9.1-2", "3.0.0-1ubuntu2", "1.0.0-canary.3", "main", ""]
        {
            assert_eq!(super::version(version), "blue", "{version}");
        }
        let unstable =
            ["0.9.1", "0", "v0.1", "1.0.0-alpha", "1.0.0-RC.1", "2.0rc1", "1.0.0-beta2", "1.0-SNAPSHOT", "dev-main"];
        for version in unstable.into_iter().chain(["cvs2", "1.0-predator", "4.2.0.rch1"]) {
            assert_eq!(super::version(version), "orange", "{version}");
        }
    }

    #[test]
    fn a_number_on_a_step_has_the_color_above_it() {
        assert_eq!(scale(4.0, &[2.0, 4.0], false), "brightgreen");
        assert_eq!(scale(f64::NAN, &[2.0, 4.0], true), "red");
        assert_eq!(scale(1.0, &[], false), "lightgrey");
        assert_eq!(scale(1.0, &[1.0; 6], false), "lightgrey");
    }

    #[test]
    fn what_is_in_the_future_is_new() {
        assert_eq!(age(i64::MAX, 0), "brightgreen");
        assert_eq!(age(i64::MIN, 0), "red");
        assert_eq!(age_reversed(i64::MAX, 0), "red");
    }
}
