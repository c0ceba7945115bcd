//! What a provider's request may carry beside its address: a body, headers, a secret, each only if the manifest says so.

use badgesmith_provider::{Auth, Failure, Request, Scheme};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::broken::Unanswered;
use crate::{
    code::Code,
    plugins::{Plugin, header_names},
};

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 16 * 1024;
/// How long the names and values of a request's headers may be together, in bytes.
const LARGEST_HEADERS: usize = 8 * 1024;

/// What a request carries beside its address and its secret.
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
    /// A violation in words, or the caller's failure if a value of his cannot be sent in a header.
    pub(super) fn of(plugin: &Plugin, request: &Request) -> Result<Self, Unanswered> {
        check_required(plugin, request).map_err(Unanswered::violation)?;
        let body = body(request).map_err(Unanswered::violation)?;
        Ok(Self { headers: headers(plugin, request)?, body })
    }

    /// What tells this request from a plain GET of the same address, for the key of its answer: empty for a plain GET.
    /// `auth` names the place of the secret that is sent, if one is.
    pub(super) fn key(&self, auth: Option<&Auth>) -> String {
        let place = auth.map(|auth| (auth.scheme, &auth.name, &auth.user)).filter(|(.., name, user)| {
            // The older places, whose keys are in stores.
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

/// Checks that the manifest requires what the request uses.
fn check_required(plugin: &Plugin, request: &Request) -> Result<(), String> {
    let is_new =
        |auth: &Auth| matches!(auth.scheme, Scheme::Header | Scheme::Query) || auth.user.is_some() || auth.optional;
    let uses = [
        ("post", request.body().is_some(), "sends a POST"),
        ("headers", !request.headers().is_empty(), "sets headers"),
        ("secrets", request.secret().is_some_and(is_new), "sends a secret that is optional or has a place of its own"),
        ("web", request.is_web(), "asks a host that a caller named"),
    ];
    let is_required = |name: &str| plugin.manifest.requires.iter().any(|required| required == name);
    match uses.into_iter().find(|(name, is_used, _)| *is_used && !is_required(name)) {
        Some((name, _, what)) => Err(format!("it {what}; its manifest has to say \"requires\": [{name:?}]")),
        None => Ok(()),
    }
}

fn body(request: &Request) -> Result<Option<Bytes>, String> {
    let Some(body) = request.body() else { return Ok(None) };
    let body = body.to_string();
    if body.len() > LARGEST_BODY {
        return Err(format!("it sends a body of {} bytes, at most {LARGEST_BODY}", body.len()));
    }
    Ok(Some(body.into()))
}

fn headers(plugin: &Plugin, request: &Request) -> Result<HeaderMap, Unanswered> {
    let mut headers = HeaderMap::new();
    let bytes = request.headers().iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if bytes > LARGEST_HEADERS {
        let fault = format!("it sets headers of {bytes} bytes, at most {LARGEST_HEADERS}");
        return Err(Unanswered::violation(fault));
    }
    for (name, value) in request.headers() {
        let parsed = header_name(plugin, request, name).map_err(Unanswered::violation)?;
        let is_sendable = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let value = HeaderValue::from_str(value).ok().filter(|_| is_sendable).ok_or_else(|| {
            let code = Code::ParameterInvalid.name();
            let failure = Failure::invalid_parameter(code, "header", "invalid parameter");
            Unanswered::Failed(failure.because(format!("the value of the header {name} cannot be sent")))
        })?;
        if headers.insert(parsed, value).is_some() {
            return Err(Unanswered::violation(format!("it sets the header {name:?} twice")));
        }
    }
    Ok(headers)
}

/// The name of a header that the request may set.
fn header_name(plugin: &Plugin, request: &Request, name: &str) -> Result<HeaderName, String> {
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
    HeaderName::try_from(name).map_err(|_| format!("it sets the header {name:?}, which cannot be one"))
}
