//! Packages for Sublime Text on packagecontrol.io.

use badgesmith_provider::{Badge, Call, Failure, Request, Step};
use serde_json::Value;

use crate::{
    failures::json,
    reading::{count, downloads, list},
};

/// The downloads of an interval: `dd` is yesterday, `dw` the last 7 days, `dm` the last 30, `dt` all.
pub(crate) fn badge(call: &Call) -> Result<Badge, Step> {
    let (days, suffix) = match call.param("interval") {
        "dd" => (1..2, "/day"),
        "dw" => (0..7, "/week"),
        "dm" => (0..30, "/month"),
        "dt" => (0..0, ""),
        _ => return Err(Failure::invalid_parameter("PARAMETER_INVALID", "interval", "invalid interval").into()),
    };
    let request = Request::get(call.setting("package-control"), "packages/{}.json", [call.param("package")]);
    let package = json(call.fetch(request)?, "not found")?;
    if days.is_empty() {
        return Ok(downloads(count(&package, "/installs/total")? as f64, suffix));
    }
    let mut sum = 0_u64;
    for platform in list(&package, "/installs/daily/data")? {
        // The installs of each day, today's first.
        let totals = list(platform, "/totals")?.iter().take(days.end).skip(days.start);
        sum = totals.filter_map(Value::as_u64).fold(sum, u64::saturating_add);
    }
    Ok(downloads(sum as f64, suffix))
}
