//! Badges of GitHub's description of a repository: stars, forks, watchers, license, size, age.

use badgesmith_provider::{
    Badge, Call,
    format::{self, SizeUnits},
};

use crate::{
    dates, field,
    repository::{MISSING, Repository},
    stop::Stop,
};

/// A number that GitHub counts; the route's parameter `field` is its name.
pub(crate) fn count(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call).itself(MISSING)?;
    let count = field::number(&repository, &format!("/{}", call.param("field")))?;
    Ok(Badge::new(format::metric(count as f64)))
}

/// The license that GitHub has recognised.
pub(crate) fn license(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call).itself(MISSING)?;
    if repository.pointer("/license").is_none_or(serde_json::Value::is_null) {
        return Ok(Badge::new("not specified"));
    }
    Ok(match field::text(&repository, "/license/spdx_id")? {
        "NOASSERTION" => Badge::new("not identifiable by github"),
        license => format::license(&[license]).into(),
    })
}

/// The size, which GitHub states in KiB.
pub(crate) fn size(call: &Call<'_>) -> Result<Badge, Stop> {
    let kibibytes = field::number(&Repository::of(call).itself(MISSING)?, "/size")?;
    Ok(Badge::new(format::size(kibibytes as f64 * 1024.0, SizeUnits::Iec)))
}

/// The day on which it was created.
pub(crate) fn created(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call).itself(MISSING)?;
    dates::the_older_the_better(call, field::text(&repository, "/created_at")?)
}
