//! The parts that a provider's request may have besides its address: a body, headers, a secret. The manifest must
//! require each of them.

use std::{error::Error, fmt};

use badgesmith_provider::{Auth, Failure, Request, Scheme};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{broken::Unanswered, credentials};
use crate::{
    code::Code,
    plugins::{Plugin, header_names},
};

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 16 * 1024;
/// How long the names and values of a request's headers may be together, in bytes.
const LARGEST_HEADERS: usize = 8 * 1024;

/// Why a provider may not send a request, in words for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRequest(String);

impl fmt::Display for RefusedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RefusedRequest {}

/// Checks the parts of a request as the server does before it sends one, but without looking up the secret.
///
/// # Errors
/// [`RefusedRequest`] if a call with this request would end with `provider failed`.
pub fn check_request(plugin: &Plugin, request: &Request) -> Result<(), RefusedRequest> {
    check(plugin, request).map_err(RefusedRequest)
}

/// The parts of a request besides its address and its secret.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    pub(super) headers: HeaderMap,
    /// The JSON of a POST.
    pub(super) body: Option<Bytes>,
}

impl Carried {
    /// Checks what a request carries.
    ///
    /// # Errors
    /// A violation in words, or the caller's failure if a value from the caller cannot be sent in a header.
    pub(super) fn of(plugin: &Plugin, request: &Request) -> Result<Self, Unanswered> {
        check(plugin, request).map_err(Unanswered::violation)?;
        let body = request.body().map(|body| body.to_string().into());
        Ok(Self { headers: headers(request)?, body })
    }

    /// A suffix for the cache key that distinguishes this request from a plain GET of the same address; empty for a
    /// plain GET. `auth` names the place of the secret, if one is sent.
    pub(super) fn key(&self, auth: Option<&Auth>) -> String {
        let place = auth.map(|auth| (auth.scheme, &auth.name, &auth.user)).filter(|(.., name, user)| {
            // Only the newer places are part of the key: stores contain keys of the older ones without it.
            name.is_some() || user.is_some()
        });
        if self.headers.is_empty() && self.body.is_none() && place.is_none() {
            return String::new();
        }
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let carried = json!([headers, self.body.as_deref(), place]).to_string();
        let method = if self.body.is_some() { " POST" } else { "" };
        format!("{method} #{}", hex::encode(Sha256::digest(carried)))
    }
}

/// Everything about a request that its provider is responsible for.
fn check(plugin: &Plugin, request: &Request) -> Result<(), String> {
    check_required(plugin, request)?;
    check_web(request)?;
    check_body(request)?;
    check_headers(plugin, request)?;
    request.secret().map_or(Ok(()), |auth| credentials::place(auth).map(drop))
}

/// Checks that the manifest requires every capability that the request uses.
fn check_required(plugin: &Plugin, request: &Request) -> Result<(), String> {
    let is_new =
        |auth: &Auth| matches!(auth.scheme, Scheme::Header | Scheme::Query) || auth.user.is_some() || auth.optional;
    let uses = [
        ("post", request.body().is_some(), "sends a POST"),
        ("headers", !request.headers().is_empty(), "sets headers"),
        ("secrets", request.secret().is_some_and(is_new), "sends a secret that is optional or has a place of its own"),
        ("web", request.is_web(), "asks a host that a caller named"),
        ("optional-requests", request.is_optional(), "sends an optional request"),
        ("fresh-requests", request.fresh_seconds().is_some(), "says how long an answer is fresh"),
        ("about", request.subject().is_some(), "says what an answer is about"),
    ];
    let is_required = |name: &str| plugin.manifest.requires.iter().any(|required| required == name);
    match uses.into_iter().find(|(name, is_used, _)| *is_used && !is_required(name)) {
        Some((name, _, what)) => Err(format!("it {what}; its manifest has to say \"requires\": [{name:?}]")),
        None => Ok(()),
    }
}

/// Checks that a request to a host that a caller named has no parts besides its address.
fn check_web(request: &Request) -> Result<(), String> {
    match request {
        _ if !request.is_web() => Ok(()),
        _ if request.secret().is_some() => Err("it sends a secret to a host that a caller named".to_owned()),
        _ if request.subject().is_some() => {
            Err("it says what the answer of a host that a caller named is about".to_owned())
        }
        _ if request.body().is_some() || !request.headers().is_empty() => Err("it sends a body or headers to a host \
             that a caller named; such a request has an address and accept"
            .to_owned()),
        _ => Ok(()),
    }
}

fn check_body(request: &Request) -> Result<(), String> {
    match request.body().map(|body| body.to_string().len()) {
        Some(bytes) if bytes > LARGEST_BODY => Err(format!("it sends a body of {bytes} bytes, at most {LARGEST_BODY}")),
        _ => Ok(()),
    }
}

fn check_headers(plugin: &Plugin, request: &Request) -> Result<(), String> {
    let bytes = request.headers().iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if bytes > LARGEST_HEADERS {
        return Err(format!("it sets headers of {bytes} bytes, at most {LARGEST_HEADERS}"));
    }
    let mut names = Vec::new();
    for name in request.headers().keys() {
        check_header_name(plugin, request, name)?;
        let name = name.to_ascii_lowercase();
        if names.contains(&name) {
            return Err(format!("it sets the header {name:?} twice"));
        }
        names.push(name);
    }
    Ok(())
}

/// Checks that a request may set a header of this name.
fn check_header_name(plugin: &Plugin, request: &Request, name: &str) -> Result<(), String> {
    if let Some(why) = header_names::reserved(name) {
        return Err(format!("it sets the header {name:?}, {why}"));
    }
    if !plugin.manifest.headers.iter().any(|declared| declared.eq_ignore_ascii_case(name)) {
        return Err(format!("it sets the header {name:?}, which its manifest does not list; add it to headers there"));
    }
    let of_secret = request.secret().filter(|auth| auth.scheme == Scheme::Header).and_then(|auth| auth.name.as_ref());
    if of_secret.is_some_and(|other| other.eq_ignore_ascii_case(name)) {
        return Err(format!("it sets the header {name:?}, in which its secret is sent"));
    }
    HeaderName::try_from(name).map(drop).map_err(|_| format!("it sets the header {name:?}, which cannot be one"))
}

/// The headers of a checked request. A value that no header can have is its caller's mistake.
fn headers(request: &Request) -> Result<HeaderMap, Unanswered> {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let is_sendable = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let value = HeaderValue::from_str(value).ok().filter(|_| is_sendable);
        match (HeaderName::try_from(name), value) {
            (Ok(name), Some(value)) => drop(headers.insert(name, value)),
            _ => {
                let code = Code::ParameterInvalid.name();
                let failure = Failure::invalid_parameter(code, "header", "invalid parameter");
                let reason = format!("the value of the header {name} cannot be sent");
                return Err(Unanswered::Failed(failure.because(reason)));
            }
        }
    }
    Ok(headers)
}
