//! Requests to GitHub's GraphQL service, for data that only it has.

use badgesmith_provider::{Auth, Call, Request};
use serde_json::{Value, json};

use crate::{
    api,
    failures::{invalid, not_found},
    field, limit,
    repository::{MISSING, Repository, is_login, is_name},
    stop::Stop,
};

/// The address of GitHub's own API, whose GraphQL service is beside it. That of an enterprise server ends with `/v3`,
/// and its GraphQL service is beside that.
const API: &str = "https://api.github.com";

/// The `data` of the answer to a query; `None` if GitHub requires a token and there is none.
pub(crate) fn ask(call: &Call<'_>, owner: &str, body: Value, missing: &str) -> Result<Option<Value>, Stop> {
    answered(call, request(call, owner, body), missing)
}

fn request(call: &Call<'_>, owner: &str, body: Value) -> Request {
    let upstream = call.setting("upstream").trim_end_matches('/');
    let base = if upstream == API { upstream } else { upstream.strip_suffix("/v3").unwrap_or(upstream) };
    Request::post(base, "graphql", [""; 0], body).safe().authorize(Auth::bearer("token", owner).optional())
}

fn answered(call: &Call<'_>, request: Request, missing: &str) -> Result<Option<Value>, Stop> {
    let answer = call.fetch(request)?;
    if !answer.is_authenticated() && matches!(answer.status, 401 | 403) {
        return Ok(None);
    }
    api::check(call, answer, missing)?;
    let mut answer = api::json(answer)?;
    if let Some(error) = answer.pointer("/errors/0") {
        return Err(refused(error, missing));
    }
    Ok(Some(answer.get_mut("data").map(Value::take).ok_or_else(|| field::invalid("/data", "there"))?))
}

/// The `repository` of the answer to a query about a repository. The query's parameters are `$owner`, `$name` and
/// `variables`; `selection` names the wanted fields. GraphQL follows a renamed repository, so its present name is
/// queried too: the host decides by that name whether private data may be shown.
pub(crate) fn repository(
    repository: &Repository<'_, '_>,
    parameters: &str,
    selection: &str,
    variables: Value,
) -> Result<Option<Value>, Stop> {
    let Repository { call, owner, name, .. } = repository;
    if !is_login(owner) || !is_name(name) {
        return Err(not_found(MISSING));
    }
    let head = format!("query($owner:String!,$name:String!{parameters})");
    let query = format!("{head}{{repository(owner:$owner,name:$name){{isPrivate nameWithOwner {selection}}}}}");
    let mut body = json!({ "query": query, "variables": variables });
    body["variables"]["owner"] = json!(owner);
    body["variables"]["name"] = json!(name);
    let request = request(call, owner, body).about(repository.about());
    let Some(mut data) = answered(call, request, MISSING)? else { return Ok(None) };
    let found = data.get_mut("repository").map(Value::take).unwrap_or_default();
    field::flag(&found, "/isPrivate")?;
    Ok(Some(found))
}

/// The failure for an error in an answer.
fn refused(error: &Value, missing: &str) -> Stop {
    match error.get("type").and_then(Value::as_str) {
        Some("NOT_FOUND") => not_found(missing),
        Some("RATE_LIMITED") => limit::limited(limit::DEFAULT_WAIT).into(),
        _ => invalid(format!("GraphQL: {error}")),
    }
}
