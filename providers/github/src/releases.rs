//! Badges of releases: the newest one, its date, and the downloads of its files.

use badgesmith_provider::{
    Badge, Call, color, format,
    order::{Order, newest},
};
use serde_json::Value;

use crate::{
    address::Address,
    dates,
    failures::not_found,
    field, query,
    repository::{MISSING, Repository},
    stop::Stop,
    wildcard,
};

/// The message if GitHub has no newest release.
const NONE: &str = "no releases or repo not found";

/// The rules by which the newest release is chosen.
pub(crate) struct Choice<'q> {
    /// Whether the highest version is the newest release; otherwise the last one published is.
    is_by_version: bool,
    /// Whether a prerelease can be the newest release.
    with_prereleases: bool,
    /// The pattern that its name must match.
    filter: Option<&'q str>,
    /// The member of a release that the pattern is compared with.
    filtered: &'static str,
}

impl<'q> Choice<'q> {
    /// Reads the query parameters `sort`, `include_prereleases` and `filter`.
    pub(crate) fn of(call: &'q Call<'_>) -> Result<Self, Stop> {
        Ok(Self {
            is_by_version: is_by_version(call)?,
            with_prereleases: with_prereleases(call),
            filter: query::optional(call, "filter"),
            // In shields, badges of versions filter by tags, and other badges by the names of releases.
            filtered: "/name",
        })
    }
}

/// Whether the parameter `sort` selects the highest version as the newest release.
pub(crate) fn is_by_version(call: &Call<'_>) -> Result<bool, Stop> {
    match call.params.get("sort") {
        Some(sort) => Ok(sort == "semver"),
        None => Ok(query::choice(call, "sort", &["date", "semver"])? == "semver"),
    }
}

/// Whether the route or the query parameter `include_prereleases` includes prereleases.
pub(crate) fn with_prereleases(call: &Call<'_>) -> bool {
    call.flag("include_prereleases") || call.params.contains_key("prereleases")
}

/// The newest release.
pub(crate) fn latest(repository: &Repository<'_, '_>, choice: &Choice<'_>) -> Result<Value, Stop> {
    let Choice { is_by_version, with_prereleases, filter, filtered } = *choice;
    if !is_by_version && !with_prereleases && filter.is_none() {
        return repository.read(Address::of("/releases/latest"), NONE);
    }
    let mut releases = all(repository)?;
    if let Some(pattern) = filter {
        let fits = |release: &Value| {
            release.pointer(filtered).and_then(Value::as_str).is_some_and(|name| wildcard::fits(name, pattern))
        };
        releases.retain(fits);
    }
    let index = if is_by_version {
        let tags = releases.iter().map(|release| field::text(release, "/tag_name")).collect::<Result<Vec<_>, _>>()?;
        newest(&tags, Order::Loose, with_prereleases).and_then(|tag| tags.iter().position(|other| *other == tag))
    } else {
        let is_stable = |release: &Value| release.get("prerelease").and_then(Value::as_bool) == Some(false);
        let stable = || releases.iter().position(is_stable);
        Some(if with_prereleases { 0 } else { stable().unwrap_or_default() })
    };
    let none = if filter.is_some() { "no matching releases found" } else { "no releases found" };
    let index = index.filter(|index| *index < releases.len()).ok_or_else(|| not_found(none))?;
    Ok(releases.swap_remove(index))
}

/// The last 100 releases, the newest first.
fn all(repository: &Repository<'_, '_>) -> Result<Vec<Value>, Stop> {
    published(repository, Address::of("/releases?per_page=100"), MISSING)
}

/// A list of releases without drafts. GitHub lists drafts for tokens of people who may publish them.
fn published(repository: &Repository<'_, '_>, address: Address<'_>, missing: &str) -> Result<Vec<Value>, Stop> {
    let Value::Array(mut releases) = repository.read(address, missing)? else {
        return Err(field::invalid("", "a list"));
    };
    releases.retain(|release| release.get("draft").and_then(Value::as_bool) != Some(true));
    Ok(releases)
}

/// The newest release: its tag, or its name.
pub(crate) fn version(call: &Call<'_>) -> Result<Badge, Stop> {
    let display = query::choice(call, "display_name", &["tag", "release"])?;
    let filtered = if display == "tag" { "/tag_name" } else { "/name" };
    let choice = Choice { filtered, ..Choice::of(call)? };
    let release = latest(&Repository::of(call), &choice)?;
    let tag = field::text(&release, "/tag_name")?;
    let name = release.get("name").and_then(Value::as_str).filter(|name| !name.is_empty() && display == "release");
    let version = name.unwrap_or(tag);
    let is_prerelease = field::flag(&release, "/prerelease")?;
    Ok(Badge::new(format::add_v(version)).color(if is_prerelease { "orange" } else { color::version(version) }))
}

/// The day of the newest release.
pub(crate) fn date(call: &Call<'_>) -> Result<Badge, Stop> {
    let display = query::choice(call, "display_date", &["created_at", "published_at"])?;
    let repository = Repository::of(call);
    let release = if with_prereleases(call) {
        let releases = published(&repository, Address::of("/releases?per_page=10"), NONE)?;
        releases.into_iter().next().ok_or_else(|| not_found(NONE))?
    } else {
        repository.read(Address::of("/releases/latest"), NONE)?
    };
    dates::the_newer_the_better(call, field::text(&release, &format!("/{display}"))?)
}

/// The downloads of one file or of all files, of one release or of all of them. The parameter `path` is
/// `[tag/]file`, or `[tag/]total`.
pub(crate) fn downloads(call: &Call<'_>) -> Result<Badge, Stop> {
    let repository = Repository::of(call);
    let path = call.param("path").trim_end_matches('/');
    let (tag, file) = path.rsplit_once('/').map_or((None, path), |(tag, file)| (Some(tag), file));
    let releases = match tag {
        None => all(&repository)?,
        Some("latest") => {
            let choice = Choice { filter: None, ..Choice::of(call)? };
            vec![latest(&repository, &choice)?]
        }
        Some(tag) => {
            vec![repository.read(Address::of("/releases/tags").below(tag), "repo or release not found")?]
        }
    };
    if releases.is_empty() {
        return Err(not_found("no releases found"));
    }
    let mut sum = 0;
    for release in &releases {
        for asset in field::list(release, "/assets")? {
            let counts = file == "total" || field::text(asset, "/name")?.eq_ignore_ascii_case(file);
            sum += if counts { field::number(asset, "/download_count")? } else { 0 };
        }
    }
    let shows_file = file != "total" && call.query("displayAssetName").is_none_or(|value| value != "false");
    let suffix = if shows_file { format!(" [{file}]") } else { String::new() };
    let sum = sum as f64;
    let badge = Badge::new(format!("{}{suffix}", format::metric(sum))).color(color::downloads(sum));
    Ok(match tag {
        Some(tag) => badge.label(format!("downloads@{tag}")),
        None => badge,
    })
}
