//! The secret that a provider's request is sent with: which one, whose it is, and its place in the request.

use badgesmith_provider::{Auth, Failure, Scheme, SentWith};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderName, header};

use super::broken::Unanswered;
use crate::{
    code::Code,
    origin::Origin,
    plugins::{BoundSecret, Plugin, header_names},
    world::{Credential, CredentialPlace, Secret, Secrets, Unavailable},
};

/// The owner of the server's own secrets.
const SERVER: &str = "*";

/// The secret of a request, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// The secret as it is sent.
    pub(crate) credential: Credential,
    /// Which secret it is and whose, such as `token of acme`: for the keys of caches and limits, and for the log.
    pub(crate) name: String,
}

/// Finds the secret that a request to this origin names. It is sent to the origin that plugins.toml binds it to, and
/// nowhere else. `None` if it is optional and not granted, or if nobody stored it: the request is then anonymous.
///
/// # Errors
/// A violation if the request may not be sent with it, and the call's failure if there is none or it cannot be looked
/// up. An optional secret that cannot be looked up is no reason to ask anonymously: what is private would seem missing.
pub(crate) async fn find(
    secrets: &dyn Secrets,
    plugin: &Plugin,
    auth: &Auth,
    origin: &Origin,
) -> Result<Option<Credentials>, Unanswered> {
    let name = &auth.secret;
    let place = place(auth).map_err(Unanswered::violation)?;
    let Some(BoundSecret { purpose, origin: bound }) = plugin.secrets.get(name) else {
        return match auth.optional {
            true => Ok(None),
            false => Err(Unanswered::violation(format!(
                "it asks with the secret {name:?}, which plugins.toml does not grant"
            ))),
        };
    };
    if bound != origin {
        let fault = format!("it sends the secret {name:?} to {origin}; plugins.toml binds it to {bound}");
        return Err(Unanswered::violation(fault));
    }
    let owner = auth.owner.to_lowercase();
    let found = secrets.find(&owner, None, purpose).await.map_err(|Unavailable(fault)| {
        tracing::error!(plugin = plugin.id, fault, "secrets cannot be looked up");
        Unanswered::Failed(Failure::inaccessible(Code::StoreUnavailable.name(), "secrets unavailable"))
    })?;
    let Some(secret) = found.first() else {
        let failure = Failure::inaccessible(Code::SecretNotConfigured.name(), "token not configured");
        return if auth.optional { Ok(None) } else { Err(Unanswered::Failed(failure)) };
    };
    let whose = if owner == SERVER { SentWith::Server } else { SentWith::Owner };
    let value = written(auth, &owner, secret);
    Ok(Some(Credentials { credential: Credential { place, value, whose }, name: format!("{name} of {owner}") }))
}

/// Where the request carries the secret, or the words for one that names no place or two.
fn place(auth: &Auth) -> Result<CredentialPlace, String> {
    let Auth { secret, scheme, name, user, .. } = auth;
    if user.is_some() && *scheme != Scheme::Basic {
        return Err(format!("it sends the secret {secret:?} with a user, which only the scheme basic has"));
    }
    match (scheme, name) {
        (Scheme::Bearer | Scheme::Basic, None) => Ok(CredentialPlace::Header(header::AUTHORIZATION)),
        (Scheme::Bearer | Scheme::Basic, Some(name)) => Err(format!(
            "it sends the secret {secret:?} in two places, Authorization and {name:?}; \
             the schemes header and query have a name, bearer and basic have none"
        )),
        (Scheme::Header | Scheme::Query, None) => {
            Err(format!("it sends the secret {secret:?} in a {} without a name", scheme.name()))
        }
        (Scheme::Header, Some(name)) => match header_names::reserved(name) {
            Some(why) => Err(format!("it sends the secret {secret:?} in the header {name:?}, {why}")),
            None => HeaderName::try_from(name)
                .map(CredentialPlace::Header)
                .map_err(|_| format!("it sends the secret {secret:?} in the header {name:?}, which cannot be one")),
        },
        (Scheme::Query, Some(name)) if name.is_empty() || name.chars().any(char::is_control) => {
            Err(format!("it sends the secret {secret:?} in the query parameter {name:?}, which cannot be one"))
        }
        (Scheme::Query, Some(name)) => Ok(CredentialPlace::Query(name.clone())),
    }
}

/// The secret as the request carries it.
fn written(auth: &Auth, owner: &str, secret: &Secret) -> Secret {
    let value = secret.reveal();
    Secret::new(match auth.scheme {
        Scheme::Bearer => format!("Bearer {value}"),
        Scheme::Basic => {
            let user = auth.user.as_deref().unwrap_or(owner);
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{value}")))
        }
        Scheme::Header | Scheme::Query => value.to_owned(),
    })
}
