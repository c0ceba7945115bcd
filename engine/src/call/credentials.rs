//! The secret that a provider's request is sent with: which one, whose it is, and its place in the request.

use badgesmith_provider::{Auth, Failure, Scheme, SentWith, fold};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderName, header};

use super::broken::Unanswered;
use crate::{
    code::Code,
    fetch::token_pool::{PoolName, ServerToken, ServerTokens},
    origin::Origin,
    plugins::{BoundSecret, Plugin, header_names},
    world::{Credential, CredentialPlace, MOST_SERVER_SECRETS, SERVER, Secret, Secrets, Unavailable},
};

/// The secret of a request, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// Where it is sent.
    pub(crate) place: CredentialPlace,
    pub(crate) carried: CarriedSecret,
    /// Which secret it is and whose, such as `token of acme`: for the keys of caches and limits, and for the log. For
    /// any of the server's own tokens, it is `token of *`.
    pub(crate) name: String,
}

/// The secret that a request carries.
#[derive(Clone, Debug)]
pub(crate) enum CarriedSecret {
    /// The owner's.
    Owners(Credential),
    /// One of the server's own, chosen when the request is sent.
    Servers(ServerTokens),
}

/// Finds the secret that a request to this origin names: the owner's, or else the server's own. It is sent to the
/// origin that plugins.toml binds it to, and nowhere else. `None` if the secret is optional and either not granted or
/// not stored: the request is then anonymous.
///
/// # Errors
/// A violation if the request may not be sent with the secret; the call's failure if there is no secret, or if it
/// cannot be looked up. If an optional secret cannot be looked up, the request is not sent anonymously either: a
/// private resource would seem to be missing.
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
    let owner = fold(&auth.owner);
    let unavailable = |Unavailable(fault): Unavailable| {
        tracing::error!(plugin = plugin.id, fault, "secrets cannot be looked up");
        Unanswered::Failed(Failure::inaccessible(Code::StoreUnavailable.name(), "secrets unavailable"))
    };
    let credential = |secret: &Secret, whose| {
        let value = written(auth, &owner, secret);
        Credential { place: place.clone(), value, whose }
    };
    // `*`, the owner of the server's own secrets, is not a name that a caller may use.
    let owners =
        if owner == SERVER { Vec::new() } else { secrets.find(&owner, None, purpose).await.map_err(unavailable)? };
    if let Some(secret) = owners.first() {
        let carried = CarriedSecret::Owners(credential(secret, SentWith::Owner));
        return Ok(Some(Credentials { place, carried, name: format!("{name} of {owner}") }));
    }
    let servers = secrets.of_server(purpose).await.map_err(unavailable)?;
    if servers.is_empty() {
        return if auth.optional { Ok(None) } else { Err(not_configured()) };
    }
    let token = |secret: &Secret| ServerToken { id: secret.id(), credential: credential(secret, SentWith::Server) };
    let tokens = servers.iter().take(MOST_SERVER_SECRETS).map(token).collect();
    let pool = PoolName { origin: origin.clone(), purpose: purpose.clone() };
    let carried = CarriedSecret::Servers(ServerTokens { pool, tokens });
    Ok(Some(Credentials { place, carried, name: format!("{name} of {SERVER}") }))
}

/// The failure of a request that needs a secret if there is none.
pub(super) fn not_configured() -> Unanswered {
    Unanswered::Failed(Failure::inaccessible(Code::SecretNotConfigured.name(), "token not configured"))
}

/// The place of the secret in the request; the error says in words that the provider named no place, or two.
pub(super) fn place(auth: &Auth) -> Result<CredentialPlace, String> {
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

/// The secret as the header or the query parameter contains it.
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
