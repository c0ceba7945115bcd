//! The badge of the newest tag.

use badgesmith_provider::{
    Badge, Call, color, format,
    order::{Order, newest},
};
use serde_json::{Value, json};

use crate::{
    address::Address,
    failures::not_found,
    field, graphql, query, releases,
    repository::{MISSING, Repository},
    stop::Stop,
    wildcard,
};

/// The newest tag, by the date of its commit or by its version.
///
/// Only GraphQL lists tags by date. Without a token, the REST API's list of 100 tags is requested, and the highest
/// version counts as the newest tag.
pub(crate) fn version(call: &Call<'_>) -> Result<Badge, Stop> {
    let mut is_by_version = releases::is_by_version(call)?;
    let mut with_prereleases = releases::with_prereleases(call);
    let filter = query::optional(call, "filter");
    let repository = Repository::of(call);
    let limit = if is_by_version || filter.is_some() { 100 } else { 1 };
    let refs =
        "refs(refPrefix:\"refs/tags/\",first:$limit,orderBy:{field:TAG_COMMIT_DATE,direction:DESC}){nodes{name}}";
    let tags = match graphql::repository(&repository, ",$limit:Int!", refs, json!({ "limit": limit }))? {
        Some(mut found) => found.pointer_mut("/refs/nodes").map(Value::take),
        None => {
            with_prereleases |= !is_by_version;
            is_by_version = true;
            Some(repository.read(Address::of("/tags?per_page=100"), MISSING)?)
        }
    };
    let tags = tags.unwrap_or_default();
    let tags = field::list(&tags, "")?.iter().map(|tag| field::text(tag, "/name"));
    let mut tags = tags.collect::<Result<Vec<_>, _>>()?;
    tags.retain(|tag| filter.is_none_or(|pattern| wildcard::fits(tag, pattern)));
    let newest = if is_by_version { newest(&tags, Order::Loose, with_prereleases) } else { tags.first().copied() };
    let none = if filter.is_some() { "no matching tags found" } else { "no tags found" };
    let tag = newest.ok_or_else(|| not_found(none))?;
    Ok(Badge::new(format::add_v(tag)).color(color::version(tag)))
}
