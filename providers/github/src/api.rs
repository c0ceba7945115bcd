//! Requests to GitHub, and the checks of every answer.

use badgesmith_provider::{Answer, Auth, Call, Request};
use serde_json::Value;

use crate::{address::Address, failures::not_found, limit, package::JSON, stop::Stop};

/// The media type of a file's raw contents.
const RAW: &str = "application/vnd.github.raw";

/// The answer to a request, unchecked. The request is sent with the owner's token, if an owner is named and has one.
pub(crate) fn fetch<'c, 'a>(
    call: &'c Call<'a>,
    owner: Option<&str>,
    address: Address<'_>,
) -> Result<&'c Answer<'a>, Stop> {
    Ok(call.fetch(request(call, owner, address))?)
}

/// The request for an address.
pub(crate) fn request(call: &Call<'_>, owner: Option<&str>, address: Address<'_>) -> Request {
    let parts = address.parts.iter().copied();
    let mut request = Request::get(call.setting("upstream"), address.path, parts);
    request = request.accept(if address.is_raw { RAW } else { JSON });
    let below = address.below.trim_matches('/');
    if !below.is_empty() {
        request = request.join(below);
    }
    for (name, value) in address.query {
        if let Some(value) = value {
            request = request.query(name, *value);
        }
    }
    if let Some(owner) = owner {
        request = request.authorize(Auth::bearer("token", owner).optional());
    }
    request
}

/// The JSON of an answer.
#[inline(never)]
pub(crate) fn json(answer: &Answer<'_>) -> Result<Value, Stop> {
    Ok(answer.json()?)
}

/// The JSON of the answer to a request about an owner. Fails as [`check`] does.
pub(crate) fn read(call: &Call<'_>, owner: &str, address: Address<'_>, missing: &str) -> Result<Value, Stop> {
    let answer = fetch(call, Some(owner), address)?;
    check(call, answer, missing)?;
    json(answer)
}

/// Fails if GitHub refuses a request because of a rate limit, or if the requested thing does not exist. In that case
/// GitHub answers with 404, or with 422 if a part of the address cannot be valid.
pub(crate) fn check(call: &Call<'_>, answer: &Answer<'_>, missing: &str) -> Result<(), Stop> {
    if let Some(refusal) = limit::refusal(answer, call.now) {
        return Err(refusal.into());
    }
    if answer.is_missing() || answer.status == 422 { Err(not_found(missing)) } else { Ok(()) }
}
