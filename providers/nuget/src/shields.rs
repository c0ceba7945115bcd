//! The badges with the addresses, messages and colours that they have at shields.io.
//!
//! `/nuget/v`, `/nuget/vpre` and `/nuget/dt` are used in many READMEs. The rules are those of shields' `services/nuget`,
//! except that unlisted versions are never shown.

use badgesmith_provider::{Badge, Call, Step};
use badgesmith_versions::candidates;

use crate::{
    failures::version_not_found,
    feed::Feed,
    id::PackageId,
    listed::{fetch_index, newest_listed},
    search,
};

/// The newest version with a leading `v`: a stable one, or any if `prereleases` is set or there is no stable one.
pub(crate) fn version(call: &Call, id: &PackageId, prereleases: bool) -> Result<Badge, Step> {
    let feed = Feed::find(call)?;
    let index = fetch_index(call, &feed, id)?;
    let stable = candidates(index.versions(), None, prereleases);
    let candidates = if stable.is_empty() { candidates(index.versions(), None, true) } else { stable };
    let version = newest_listed(call, &feed, id, &candidates)?.ok_or_else(version_not_found)?.to_string();
    let color = match &version {
        version if version.contains('-') => "yellow",
        version if version.starts_with('0') => "orange",
        _ => "blue",
    };
    Ok(Badge::new(if has_date(&version) { version } else { format!("v{version}") }).color(color))
}

/// The downloads of all versions together, in a colour from red for none to bright green for 1000 and more.
pub(crate) fn downloads(call: &Call, id: &PackageId) -> Result<Badge, Step> {
    let downloads = search::downloads(call, id)?;
    let color = match downloads {
        0 => "red",
        1..=9 => "yellow",
        10..=99 => "yellowgreen",
        100..=999 => "green",
        _ => "brightgreen",
    };
    Ok(Badge::new(metric(downloads)).color(color))
}

/// Whether a version contains a date such as 2026-11-21: shields puts no `v` before such a version.
fn has_date(version: &str) -> bool {
    let is_date = |window: &[u8]| {
        window
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
    };
    version.as_bytes().windows("2026-11-21".len()).any(is_date)
}

/// A number with up to three digits and a metric prefix: `999`, `1.2k`, `34M`; one decimal only after a single digit.
fn metric(number: u64) -> String {
    let mut scaled = number as f64;
    let mut unit = "";
    for prefix in ["k", "M", "G", "T", "P", "E"] {
        if scaled.round() < 1000.0 {
            break;
        }
        (scaled, unit) = (scaled / 1000.0, prefix);
    }
    let digits = if scaled < 10.0 { format!("{scaled:.1}") } else { format!("{scaled:.0}") };
    format!("{}{unit}", digits.strip_suffix(".0").unwrap_or(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_written_as_shields_writes_it() {
        let rows = [
            (0, "0"),
            (999, "999"),
            (1000, "1k"),
            (1049, "1k"),
            (1050, "1.1k"),
            (1100, "1.1k"),
            (9949, "9.9k"),
            (9999, "10k"),
            (12_345, "12k"),
            (999_499, "999k"),
            (999_500, "1M"),
            (6_532_245_026, "6.5G"),
            (u64::MAX, "18E"),
        ];
        for (number, text) in rows {
            assert_eq!(metric(number), text, "{number}");
        }
    }

    #[test]
    fn a_version_with_a_date_in_it_has_no_v() {
        for (version, dated) in
            [("1.0.0-2026-11-21", true), ("1.2.3", false), ("2026.11.21", false), ("1.0.0-é1", false)]
        {
            assert_eq!(has_date(version), dated, "{version}");
        }
    }
}
