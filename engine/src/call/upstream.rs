//! A provider's request to an upstream: allowed by plugins.toml, with a secret if it names one, and answered.

use std::sync::Arc;

use badgesmith_provider::{Failure, InvalidRequest, Request};
use url::Url;

use super::{
    broken::{Broken, Unanswered},
    caller::Caller,
    credentials::{self, CarriedSecret, Credentials, not_configured},
    private,
    provider_call::ProviderCall,
    request_rules::Carried,
    upstream_failure::{is_infrastructure, upstream_failure},
    web,
};
use crate::{
    code::Code,
    error::no_upstream_set,
    fetch::{
        exchange::BUDGET,
        fetcher::{Fetched, NotFetched},
        marks,
        upstream_request::{Mode, Pass, UpstreamRequest},
    },
    logged_url::logged_url,
    origin::Origin,
    plugins::Plugin,
    world::{Ask, CredentialPlace},
};

/// The largest body of an upstream's answer, in bytes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A request that may be sent, still without its secret.
struct Outgoing<'a> {
    caller: &'a Caller,
    call: &'a ProviderCall,
    request: &'a Request,
    carried: &'a Carried,
    url: &'a Url,
    origin: &'a Origin,
}

/// Answers one request of a provider. If it is optional, the call goes on without the answer.
pub(crate) async fn answer(
    caller: &Caller,
    call: &ProviderCall,
    request: &Request,
    pass: &Pass,
) -> Result<Fetched, Unanswered> {
    match required(caller, call, request, pass).await {
        Err(Unanswered::Failed(failure)) if request.is_optional() && is_infrastructure(&failure) => {
            Ok(Fetched::none(pass.now))
        }
        answered => answered,
    }
}

async fn required(caller: &Caller, call: &ProviderCall, request: &Request, pass: &Pass) -> Result<Fetched, Unanswered> {
    let plugin = &*call.plugin;
    let carried = Carried::of(plugin, request)?;
    if request.is_web() {
        return web::answer(caller, call, request, pass).await;
    }
    let (url, origin) = granted(plugin, request)?;
    let outgoing = Outgoing { caller, call, request, carried: &carried, url: &url, origin: &origin };
    let Some(auth) = request.secret() else { return outgoing.send(None, pass).await };
    let sent = credentials::find(&*caller.world.secrets, plugin, auth, &origin).await?;
    let Some(Credentials { carried: CarriedSecret::Servers(tokens), .. }) = &sent else {
        return outgoing.send(sent.as_ref(), pass).await;
    };
    let are_revoked = || caller.upstreams.exchanges.pools.are_revoked(tokens, pass.now);
    if pass.mode == Mode::Ask && are_revoked() {
        // All tokens are revoked: continue as if there were no secret.
        return if auth.optional { outgoing.send(None, pass).await } else { Err(not_configured()) };
    }
    match outgoing.send(sent.as_ref(), pass).await {
        // An optional secret is left out if every token was refused with 401, or if the cached answer was fetched
        // without one.
        Ok(fetched) if fetched.answer.status == 401 && auth.optional => outgoing.send(None, pass).await,
        Err(Unanswered::Failed(_)) if pass.mode == Mode::CachedOnly && auth.optional => outgoing.send(None, pass).await,
        answered => answered,
    }
}

impl Outgoing<'_> {
    /// Sends the request with this secret.
    async fn send(&self, sent: Option<&Credentials>, pass: &Pass) -> Result<Fetched, Unanswered> {
        let Self { caller, call, request, carried, url, origin } = *self;
        let plugin = &*call.plugin;
        let url = without_secret(url.clone(), sent);
        let whose = sent.map(|sent| format!(" {}", sent.name)).unwrap_or_default();
        let difference = carried.key(request.secret().filter(|_| sent.is_some()));
        let accept = request.accepted().unwrap_or("*/*");
        let named = |url: &str| format!("{} {accept} {url}{difference}{whose}", plugin.id);
        let (key, log_name) = (named(url.as_str()), named(&logged_url(&url)));
        let (credential, tokens) = match sent.map(|sent| sent.carried.clone()) {
            Some(CarriedSecret::Owners(credential)) => (Some(credential), None),
            Some(CarriedSecret::Servers(tokens)) => (None, Some(tokens)),
            None => (None, None),
        };
        let ask = Ask {
            accept: request.accepted().map(str::to_owned),
            headers: carried.headers.clone(),
            body: carried.body.clone(),
            credential,
            ..Ask::get(url, LARGEST_BODY, BUDGET)
        };
        let upstream_request = UpstreamRequest {
            log_name,
            key,
            rate_limit_key: format!("{origin}{whose}"),
            client: plugin.id.clone(),
            origin: origin.clone(),
            ask,
            tokens,
            private: sent.map(|sent| private::rule(caller, call, request, &sent.carried)),
            noted: private::noted(caller, call, request),
            is_repeatable: request.is_safe(),
            about: request.subject().and_then(|about| marks::key(&plugin.id, about)).map(Arc::from),
            freshness: call.freshness_of(request),
        };
        let fetched = match request.is_optional() {
            true => caller.upstreams.fetch_optional(upstream_request, pass).await,
            false => caller.upstreams.fetch(upstream_request, pass).await,
        };
        fetched.map_err(|fault| match fault {
            NotFetched::Fault(fault) => Unanswered::Failed(upstream_failure(&fault)),
            NotFetched::BrokeOff => Unanswered::Broken(Broken::Engine("an exchange broke off")),
        })
    }
}

/// The address without the query parameter in which the secret is sent. An upstream may repeat the secret in the
/// address of the next page, and it would then be in the log.
fn without_secret(mut url: Url, sent: Option<&Credentials>) -> Url {
    let place = sent.map(|sent| &sent.place);
    let (Some(CredentialPlace::Query(name)), Some(query)) = (place, url.query()) else { return url };
    let is_other = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).all(|(other, _)| other != *name);
    let others = query.split('&').filter(is_other).collect::<Vec<_>>().join("&");
    url.set_query(Some(&*others).filter(|query| !query.is_empty()));
    url
}

/// The address, if it is valid and plugins.toml grants its origin.
fn granted(plugin: &Plugin, request: &Request) -> Result<(Url, Origin), Unanswered> {
    let url = request.url().map_err(|fault| match fault {
        InvalidRequest::Part(_) => {
            let code = Code::ParameterInvalid.name();
            Unanswered::Failed(Failure::invalid_parameter(code, "path", "invalid parameter"))
        }
        // The address begins with a setting that has no value; a path may follow.
        InvalidRequest::Base(base) if base.is_empty() || base.starts_with('/') => {
            plugin.log_no_upstream();
            Unanswered::Failed(no_upstream_set())
        }
        fault => Unanswered::violation(format!("it asks for an address that is none: {fault}")),
    })?;
    let url = Url::parse(&url).map_err(|fault| Unanswered::violation(format!("it asks for {url:?}: {fault}")))?;
    let origin = Origin::of_url_allowing(&url, &plugin.origins).map_err(Unanswered::violation)?;
    if plugin.origins.contains(&origin) {
        return Ok((url, origin));
    }
    Err(Unanswered::violation(format!("it asks {origin}, which is not granted; add it to its origins in plugins.toml")))
}
