//! Mastodon and Lemmy: accounts and communities on the servers that callers name.

use badgesmith_provider::{Badge, Call, Failure, Step, format::metric};

use crate::{
    failures::json,
    host::Host,
    reading::{count, string},
};

/// The badge of the name, without `fediverse-`.
pub(crate) fn badge(call: &Call, name: &str) -> Result<Badge, Step> {
    if name == "mastodon" { mastodon(call) } else { lemmy(call) }
}

/// How many people follow the account with this number on a server.
fn mastodon(call: &Call) -> Result<Badge, Step> {
    let id = call.param("id");
    if !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::invalid_parameter("PARAMETER_INVALID", "id", "invalid user id format").into());
    }
    let domain = call.query("domain").filter(|domain| !domain.is_empty()).unwrap_or("mastodon.social");
    let server = domain.split_once("://").map_or(domain, |(_, server)| server);
    let host = Host::named(&format!("https://{server}"), "", "domain")?;
    let account = json(call.fetch(host.get("api/v1/accounts/{}", [id]))?, "not found")?;
    let followers = metric(count(&account, "/followers_count")? as f64);
    Ok(Badge::new(followers).label(format!("follow @{}", string(&account, "/username")?)))
}

/// How many people have subscribed to a community such as `rust@lemmy.example`.
fn lemmy(call: &Call) -> Result<Badge, Step> {
    let name = call.param("community");
    let invalid = || Failure::invalid_parameter("PARAMETER_INVALID", "community", "invalid community");
    let (_, server) = name.split_once('@').filter(|(_, server)| !server.contains('@')).ok_or_else(invalid)?;
    let host = Host::named(&format!("https://{server}"), "", "community").map_err(|_| invalid())?;
    let community = json(call.fetch(host.get("api/v3/community", []).query("name", name))?, "community not found")?;
    let subscribers = count(&community, "/community_view/counts/subscribers")?;
    Ok(Badge::new(metric(subscribers as f64)).color("brightgreen").label(format!("subscribe to {name}")))
}
