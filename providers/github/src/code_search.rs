//! The badge that counts the results of a code search.

use badgesmith_provider::{Badge, Call, format};
use serde_json::Value;

use crate::{
    address::Address,
    api,
    failures::{refused, token_required},
    field, query,
    repository::{MISSING, Repository, is_login, is_name},
    stop::Stop,
};

/// The owner whose token is used for searches outside of a repository: the server itself.
const SERVER: &str = "*";

/// How many files a search finds, in a repository if the route names one. GitHub answers it only with a token.
///
/// A token may see private repositories, which must not be counted. A page has up to 100 files, each with its
/// repository, so a search with at most 100 results is counted file by file. A search with more results must name a
/// single repository, whose visibility is then checked, or none: if it selected several, the number could reveal a
/// private one.
pub(crate) fn count(call: &Call<'_>) -> Result<Badge, Stop> {
    let query = match call.params.get("repo") {
        Some(repo) => format!("{} repo:{}/{repo}", call.param("query"), call.param("user")),
        None => query::required(call, "query")?.to_owned(),
    };
    let badge = |count: u64| Badge::new(format::metric(count as f64)).label(format!("{query} counter"));
    let owner = call.params.get("user").map_or_else(|| SERVER.to_owned(), |user| user.to_lowercase());
    let answer = api::fetch(call, Some(&owner), Address::of("search/code?per_page=100").query(&[("q", Some(&query))]))?;
    if answer.status == 401 && !answer.is_authenticated() {
        return Err(token_required());
    }
    // 422 is GitHub's answer if a repository in the search is missing.
    if answer.status == 422 {
        return Ok(badge(0));
    }
    api::check(call, answer, MISSING)?;
    let found = api::json(answer)?;
    let (all, files) = (field::number(&found, "/total_count")?, field::list(&found, "/items")?);
    let is_private = |file: &Value| field::flag(file, "/repository/private");
    let private = files.iter().map(is_private).collect::<Result<Vec<_>, _>>()?.into_iter().filter(|is| *is).count();
    if all <= files.len() as u64 || !answer.is_authenticated() {
        return Ok(badge(all.saturating_sub(private as u64)));
    }
    match scope(&query) {
        Scope::Everything if private == 0 => Ok(badge(all)),
        Scope::Repository(owner, name) => {
            let repository = Repository::named(call, owner, name);
            let itself = repository.fetch(Address::of(""), MISSING)?;
            if itself.is_missing() { Ok(badge(0)) } else { repository.check(itself, MISSING).map(|_| badge(all)) }
        }
        // The answer is the same as for a repository or an owner that does not exist.
        _ if private == files.len() => Ok(badge(0)),
        _ => Err(refused("query", "query too broad")),
    }
}

/// Whose code a search is for.
#[derive(Debug, PartialEq, Eq)]
enum Scope<'q> {
    Everything,
    Repository(&'q str, &'q str),
    Several,
}

fn scope(query: &str) -> Scope<'_> {
    let lower = query.to_ascii_lowercase();
    if ["user:", "org:", "owner:", "enterprise:"].iter().any(|qualifier| lower.contains(qualifier)) {
        return Scope::Several;
    }
    let mut places = lower.match_indices("repo:").map(|(at, qualifier)| at + qualifier.len());
    match (places.next(), places.next()) {
        (None, _) => Scope::Everything,
        (Some(at), None) => {
            let name = query[at..].split_whitespace().next().and_then(|name| name.split_once('/'));
            let name = name.filter(|(owner, name)| is_login(owner) && is_name(name));
            name.map_or(Scope::Several, |(owner, name)| Scope::Repository(owner, name))
        }
        _ => Scope::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_a_search_is_a_single_repository_or_everything_or_it_is_not_clear() {
        assert_eq!(scope("goto language:javascript"), Scope::Everything);
        assert_eq!(scope("goto repo:acme/shop"), Scope::Repository("acme", "shop"));
        for query in
            ["repo:a/b REPO:c/d", "user:a", "x OR Org:a", "repo:a", "repo:", "repo:\"a/b\"", "-owner:a repo:a/b"]
        {
            assert_eq!(scope(query), Scope::Several, "{query}");
        }
    }
}
