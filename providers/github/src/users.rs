//! Badges of a user or an organisation.

use badgesmith_provider::{Badge, Call, format};
use serde_json::json;

use crate::{
    address::Address,
    api,
    failures::{not_found, token_required},
    field, graphql,
    repository::is_login,
    stop::Stop,
};

/// The message for a missing owner, whether a user or an organisation.
const MISSING: &str = "user/org not found";
/// How many repositories GitHub lists in a page.
const PAGE: usize = 100;

/// The number of a user's followers.
pub(crate) fn followers(call: &Call<'_>) -> Result<Badge, Stop> {
    let missing = "user not found";
    let user = user(call, missing)?;
    let user = api::read(call, &user, Address::of("users/{}").parts(&[&user]), missing)?;
    Ok(Badge::new(format::metric(field::number(&user, "/followers")? as f64)))
}

/// The stars of an owner's public repositories; only the 200 repositories with the most stars are counted.
pub(crate) fn stars(call: &Call<'_>) -> Result<Badge, Stop> {
    let user = user(call, MISSING)?;
    let search = format!("user:{user} fork:true");
    let mut sum = 0;
    for number in ["1", "2"] {
        let query = [("q", Some(&*search)), ("page", Some(number))];
        let address = Address::of("search/repositories?sort=stars&per_page=100").query(&query);
        let answer = api::read(call, &user, address, MISSING)?;
        let repositories = field::list(&answer, "/items")?;
        for repository in repositories {
            // A token may see private repositories.
            if !field::flag(repository, "/private")? {
                sum += field::number(repository, "/stargazers_count")?;
            }
        }
        if repositories.len() < PAGE {
            break;
        }
    }
    Ok(Badge::new(format::metric(sum as f64)))
}

/// The number of a user's or an organisation's sponsors.
pub(crate) fn sponsors(call: &Call<'_>) -> Result<Badge, Stop> {
    let user = user(call, MISSING)?;
    let query = "query($login:String!){repositoryOwner(login:$login){\
                 ...on User{sponsorshipsAsMaintainer(includePrivate:true){totalCount}}\
                 ...on Organization{sponsorshipsAsMaintainer(includePrivate:true){totalCount}}}}";
    let body = json!({ "query": query, "variables": { "login": user } });
    let data = graphql::ask(call, &user, body, MISSING)?.ok_or_else(token_required)?;
    let owner = data.get("repositoryOwner").ok_or_else(|| field::invalid("/repositoryOwner", "there"))?;
    if owner.is_null() {
        return Err(not_found(MISSING));
    }
    let sponsors = field::number(owner, "/sponsorshipsAsMaintainer/totalCount")?;
    Ok(Badge::new(format::metric(sponsors as f64)))
}

/// The owner that the call is about, in lower case.
fn user(call: &Call<'_>, missing: &str) -> Result<String, Stop> {
    let user = call.param("user").trim().to_ascii_lowercase();
    if is_login(&user) { Ok(user) } else { Err(not_found(missing)) }
}
