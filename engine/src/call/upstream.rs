//! A provider's request to an upstream: allowed by plugins.toml, with the owner's secret, and answered.

use badgesmith_provider::{Auth, Failure, InvalidRequest, Request, Scheme};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use url::Url;

use super::{
    broken::{Broken, Unanswered},
    caller::Caller,
    provider_call::ProviderCall,
};
use crate::{
    code::Code,
    error::{busy_failure, late, no_upstream_set, rate_limited},
    fetch::{
        exchange::BUDGET,
        fetcher::{Fetched, NotFetched},
        upstream_request::{Pass, UpstreamRequest},
    },
    origin::Origin,
    plugins::{BoundSecret, Plugin},
    world::{Ask, Fault, Progress, Secret, Secrets, Unavailable},
};

/// The largest body of an upstream's answer, in bytes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Answers one request of a provider.
pub(crate) async fn answer(
    caller: &Caller,
    call: &ProviderCall,
    request: &Request,
    pass: &Pass,
) -> Result<Fetched, Unanswered> {
    let plugin = &*call.plugin;
    let (url, origin) = granted(plugin, request)?;
    let authorization = authorization(&*caller.world.secrets, plugin, request, &origin).await?;
    let owner = request.secret().map(|auth| format!(" {} of {}", auth.secret, auth.owner.to_lowercase()));
    let owner = owner.unwrap_or_default();
    let key = format!("{} {} {url}{owner}", plugin.id, request.accepted().unwrap_or("*/*"));
    let rate_limit_key = format!("{origin}{owner}");
    let ask = Ask {
        url,
        accept: request.accepted().map(str::to_owned),
        authorization,
        etag: None,
        last_modified: None,
        largest_body: LARGEST_BODY,
        patience: BUDGET,
        progress: Progress::default(),
    };
    let (client, log_name, freshness) = (plugin.id.clone(), key.clone(), call.freshness);
    let request = UpstreamRequest { key, rate_limit_key, log_name, client, origin, ask, freshness };
    caller.upstreams.fetch(request, pass).await.map_err(|fault| match fault {
        NotFetched::Fault(fault) => Unanswered::Failed(failure(&fault)),
        NotFetched::BrokeOff => Unanswered::Broken(Broken::Engine("an exchange broke off")),
    })
}

/// The address, if it is one and plugins.toml grants its origin.
fn granted(plugin: &Plugin, request: &Request) -> Result<(Url, Origin), Unanswered> {
    let url = request.url().map_err(|fault| match fault {
        InvalidRequest::Part(_) => {
            let code = Code::ParameterInvalid.name();
            Unanswered::Failed(Failure::invalid_parameter(code, "path", "invalid parameter"))
        }
        // The address of a setting without a value, and perhaps a path after it.
        InvalidRequest::Base(base) if base.is_empty() || base.starts_with('/') => {
            plugin.log_no_upstream();
            Unanswered::Failed(no_upstream_set())
        }
        fault => violation(format!("it asks for an address that is none: {fault}")),
    })?;
    let url = Url::parse(&url).map_err(|fault| violation(format!("it asks for {url:?}: {fault}")))?;
    let origin = Origin::of_url(&url).map_err(violation)?;
    if plugin.origins.contains(&origin) {
        return Ok((url, origin));
    }
    Err(violation(format!("it asks {origin}, which is not granted; add it to its origins in plugins.toml")))
}

/// The `Authorization` header, if the request names a secret. It is sent to the origin that plugins.toml binds the
/// secret to, and nowhere else.
async fn authorization(
    secrets: &dyn Secrets,
    plugin: &Plugin,
    request: &Request,
    origin: &Origin,
) -> Result<Option<Secret>, Unanswered> {
    let Some(Auth { secret: name, owner, scheme, .. }) = request.secret() else { return Ok(None) };
    let Some(BoundSecret { purpose, origin: bound }) = plugin.secrets.get(name) else {
        return Err(violation(format!("it asks with the secret {name:?}, which plugins.toml does not grant")));
    };
    if bound != origin {
        return Err(violation(format!("it sends the secret {name:?} to {origin}; plugins.toml binds it to {bound}")));
    }
    let owner = owner.to_lowercase();
    let found = secrets.find(&owner, None, purpose).await.map_err(|Unavailable(fault)| {
        tracing::error!(plugin = plugin.id, fault, "secrets cannot be looked up");
        Unanswered::Failed(Failure::inaccessible(Code::StoreUnavailable.name(), "secrets unavailable"))
    })?;
    let Some(secret) = found.first() else {
        let failure = Failure::inaccessible(Code::SecretNotConfigured.name(), "token not configured");
        return Err(Unanswered::Failed(failure));
    };
    let value = secret.reveal();
    Ok(Some(Secret::new(match scheme {
        Scheme::Bearer => format!("Bearer {value}"),
        Scheme::Basic => format!("Basic {}", BASE64_STANDARD.encode(format!("{owner}:{value}"))),
        Scheme::Header | Scheme::Query => {
            return Err(violation(format!("it sends the secret {name:?} in a place that this host does not know")));
        }
    })))
}

fn violation(fault: impl ToString) -> Unanswered {
    Unanswered::Broken(Broken::Violation(fault.to_string()))
}

/// The failure that a fault becomes.
fn failure(fault: &Fault) -> Failure {
    match fault {
        Fault::Unreachable(_) | Fault::Status(_) => {
            Failure::inaccessible(Code::UpstreamUnavailable.name(), "upstream unavailable")
        }
        Fault::Timeout => late(),
        Fault::TooLarge | Fault::Nonsense(_) | Fault::NotAllowed(_) => Failure::invalid_response(),
        Fault::RateLimited(after) => rate_limited(*after),
        Fault::Busy => busy_failure(),
    }
}
