//! Badges that need no upstream: links to social networks, and values from the badge's own address.

use badgesmith_provider::{Badge, Call, Failure, Step, format::time_ago};

/// The badge of the name, without `fixed-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    Ok(match name {
        "follow" => Badge::new("").label(format!("follow @{}", call.param("user"))),
        "tweet" => Badge::new("").label("tweet"),
        "gitter" => Badge::new("on gitter").color("brightgreen"),
        "gone" => Badge::new("no longer available").color("lightgrey"),
        "maintenance" => maintenance(call)?,
        _ => date(call)?,
    })
}

/// `yes` until the end of the year, then `stale` for two months, then `no!`.
fn maintenance(call: &Call) -> Result<Badge, Failure> {
    let (answer, year) = (call.param("maintained"), call.param("year"));
    let invalid = || Failure::invalid_parameter("PARAMETER_INVALID", "year", "invalid year");
    let until: i64 =
        Some(year).filter(|year| year.len() == 4).and_then(|year| year.parse().ok()).ok_or_else(invalid)?;
    let today = badgesmith_provider::format::date(&call.now.into()).ok_or_else(invalid)?;
    let part = |range: std::ops::Range<usize>| today.get(range).and_then(|part| part.parse::<i64>().ok());
    let (this_year, month) = (part(0..4).ok_or_else(invalid)?, part(5..7).ok_or_else(invalid)?);
    Ok(if answer == "no" {
        Badge::new(format!("no! (as of {year})")).color("red")
    } else if this_year <= until {
        Badge::new(answer).color("brightgreen")
    } else if this_year == until + 1 && month <= 3 {
        Badge::new(format!("stale (as of {this_year})")).color("lightgrey")
    } else {
        Badge::new(format!("no! (as of {year})")).color("red")
    })
}

/// How long ago a moment was, which the address contains in seconds since 1970.
fn date(call: &Call) -> Result<Badge, Failure> {
    let invalid = || Failure::invalid_parameter("PARAMETER_INVALID", "timestamp", "invalid date");
    let at: i64 = call.param("timestamp").parse().map_err(|_| invalid())?;
    Ok(Badge::new(time_ago(at, call.now)).color("blue"))
}
