//! A provider's request becomes an answer: granted, kept, asked once, and stale rather than none.

use std::{sync::Arc, time::SystemTime};

use badgesmith_provider::{Auth, Failure, InvalidRequest, Request, Scheme};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use url::Url;

pub(crate) use crate::door::{Answered, Mode, Shelf};
use crate::{
    Inner,
    door::{Deadline, Door, Wanted},
    drive::Broken,
    error::{rate_limited, too_busy},
    exchange::BUDGET,
    origin::Origin,
    plugins::Plugin,
    world::{Ask, Fault, Progress, Secret, Unavailable},
};

/// The largest body of an upstream's answer, in bytes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Why there is no answer: the provider asked wrongly, or there will be no badge.
#[derive(Clone, Debug)]
pub(crate) enum Unanswered {
    Broken(Broken),
    Failed(Failure),
}

/// Answers one request of a provider.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    plugin: &Plugin,
    request: &Request,
    shelf: Shelf,
    now: SystemTime,
    mode: Mode,
    deadline: Deadline,
) -> Result<Answered, Unanswered> {
    let (url, origin) = granted(plugin, request)?;
    let authorization = authorization(inner, plugin, request, &origin).await?;
    let owner = request.secret().map(|auth| format!(" {} of {}", auth.secret, auth.owner.to_lowercase()));
    let owner = owner.unwrap_or_default();
    let key = format!("{} {} {url}{owner}", plugin.id, request.accepted().unwrap_or("*/*"));
    let token = format!("{origin}{owner}");
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
    let wanted = Wanted { who: plugin.id.clone(), shown: key.clone(), key, token, origin, ask, shelf };
    let answered = Door::answer(|inner| &inner.upstreams, inner, wanted, now, mode, deadline).await;
    answered.map_err(|fault| Unanswered::Failed(failure(&fault)))
}

/// Puts the answer of before back in the place of one that made no sense.
pub(crate) fn distrust(inner: &Inner, answered: &Answered, now: SystemTime) {
    inner.upstreams.distrust(inner, answered, now);
}

/// The address, if it is one and plugins.toml grants its origin.
fn granted(plugin: &Plugin, request: &Request) -> Result<(Url, Origin), Unanswered> {
    let broken = |fault: String| Unanswered::Broken(Broken::Lied(fault));
    let url = request.url().map_err(|fault| match fault {
        InvalidRequest::Part(_) => {
            Unanswered::Failed(Failure::invalid_parameter("PARAMETER_INVALID", "path", "invalid parameter"))
        }
        fault => broken(format!("it asks for an address that is none: {fault}")),
    })?;
    let url = Url::parse(&url).map_err(|fault| broken(format!("it asks for {url:?}: {fault}")))?;
    let origin = Origin::of_url(&url).map_err(broken)?;
    if plugin.origins.contains(&origin) {
        return Ok((url, origin));
    }
    Err(broken(format!("it asks {origin}, which is not granted; add it to its origins in plugins.toml")))
}

/// The `Authorization` header, if the request names a secret. It goes to the origin that plugins.toml binds it to and
/// nowhere else.
async fn authorization(
    inner: &Inner,
    plugin: &Plugin,
    request: &Request,
    origin: &Origin,
) -> Result<Option<Secret>, Unanswered> {
    let Some(Auth { secret: name, owner, scheme }) = request.secret() else { return Ok(None) };
    let broken = |fault: String| Unanswered::Broken(Broken::Lied(fault));
    let Some((purpose, bound)) = plugin.secrets.get(name) else {
        return Err(broken(format!("it asks with the secret {name:?}, which plugins.toml does not grant")));
    };
    if bound != origin {
        return Err(broken(format!("it sends the secret {name:?} to {origin}; plugins.toml binds it to {bound}")));
    }
    let owner = owner.to_lowercase();
    let secrets = inner.world.secrets.find(&owner, None, purpose).await.map_err(|Unavailable(fault)| {
        tracing::error!(plugin = plugin.id, fault, "secrets cannot be looked up");
        Unanswered::Failed(Failure::inaccessible("STORE_UNAVAILABLE", "secrets unavailable"))
    })?;
    let Some(secret) = secrets.first() else {
        return Err(Unanswered::Failed(Failure::inaccessible("SECRET_NOT_CONFIGURED", "token not configured")));
    };
    let value = secret.reveal();
    Ok(Some(Secret::new(match scheme {
        Scheme::Bearer => format!("Bearer {value}"),
        Scheme::Basic => format!("Basic {}", BASE64_STANDARD.encode(format!("{owner}:{value}"))),
    })))
}

/// What a reader is told of a fault.
fn failure(fault: &Fault) -> Failure {
    match fault {
        Fault::Unreachable(_) | Fault::Status(_) => {
            Failure::inaccessible("UPSTREAM_UNAVAILABLE", "upstream unavailable")
        }
        Fault::Timeout => Failure::inaccessible("UPSTREAM_TIMEOUT", "upstream unavailable"),
        Fault::TooLarge | Fault::Nonsense(_) | Fault::NotAllowed(_) => Failure::invalid_response(),
        Fault::RateLimited(after) => rate_limited(*after),
        Fault::Busy => too_busy(),
    }
}
