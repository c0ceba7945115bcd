//! Badges of discussions, which are available only through GraphQL.

use badgesmith_provider::{Badge, Call};
use serde_json::json;

use crate::{failures::token_required, field, graphql, repository::Repository, stop::Stop};

/// How many discussions there are.
pub(crate) fn count(call: &Call<'_>) -> Result<Badge, Stop> {
    let found = graphql::repository(&Repository::of(call), "", "discussions{totalCount}", json!({}))?;
    let count = field::number(&found.ok_or_else(token_required)?, "/discussions/totalCount")?;
    Ok(Badge::new(format!("{count} total")))
}
