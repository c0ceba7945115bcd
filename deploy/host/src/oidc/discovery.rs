//! Reads the keys of an issuer: the document of OpenID Connect Discovery says where they are.

use std::{fmt, time::Duration};

use badgesmith_engine::world::{Ask, Fault, Upstream};
use bytes::Bytes;
use serde::Deserialize;
use url::Url;

use super::key_set::KeySet;

/// The largest document, in bytes.
const LARGEST: usize = 256 * 1024;
/// How long each of the two exchanges may take.
const PATIENCE: Duration = Duration::from_millis(2500);

/// Why the keys of an issuer could not be read. The message goes to the sender of the token, so it repeats nothing that
/// the issuer sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// No complete answer.
    Fault { what: &'static str, fault: Fault },
    /// A status other than 200.
    Status { what: &'static str, status: u16 },
    /// An answer that is of no use.
    Unusable { what: &'static str, why: &'static str },
}

const CONFIGURATION: &str = "/.well-known/openid-configuration";
const KEYS: &str = "jwks_uri";

/// The document that an issuer publishes.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

/// Fetches the discovery document of an issuer and then its keys.
///
/// # Errors
/// Why there are no keys.
pub(super) async fn read_keys(issuer: &str, web: &dyn Upstream) -> Result<KeySet, Unreadable> {
    let unusable = |what, why| Unreadable::Unusable { what, why };
    let address = format!("{}{CONFIGURATION}", issuer.trim_end_matches('/'));
    let address = Url::parse(&address).map_err(|_| unusable(CONFIGURATION, "it has no valid address"))?;
    let body = get(CONFIGURATION, &address, web).await?;
    let Configuration { issuer: named, jwks_uri } =
        serde_json::from_slice(&body).map_err(|_| unusable(CONFIGURATION, "it is not such a document in JSON"))?;
    if named != issuer {
        return Err(unusable(CONFIGURATION, "it names another issuer"));
    }
    let place = Url::parse(&jwks_uri).map_err(|_| unusable(KEYS, "it is not an absolute address"))?;
    if place.origin() != address.origin() {
        return Err(unusable(KEYS, "it is not of the issuer's own origin"));
    }
    KeySet::read(&get(KEYS, &place, web).await?).map_err(|why| unusable(KEYS, why))
}

/// The body of an answer with status 200 from the same origin as the URL.
async fn get(what: &'static str, url: &Url, web: &dyn Upstream) -> Result<Bytes, Unreadable> {
    let ask = Ask { accept: Some("application/json".to_owned()), ..Ask::get(url.clone(), LARGEST, PATIENCE) };
    let progress = ask.progress.clone();
    let reply = web.fetch(ask).await.map_err(|fault| Unreadable::Fault { what, fault })?;
    if progress.url().is_some_and(|last| last.origin() != url.origin()) {
        return Err(Unreadable::Unusable { what, why: "it redirects to another origin" });
    }
    if reply.status != 200 {
        return Err(Unreadable::Status { what, status: reply.status });
    }
    Ok(reply.body)
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault { what, fault } => {
                let words = match fault {
                    Fault::Unreachable(_) => "cannot be reached",
                    Fault::Timeout => "does not answer in time",
                    Fault::TooLarge => "is larger than 256 KiB",
                    Fault::Nonsense(_) => "is not valid HTTP",
                    Fault::NotAllowed(_) => "is at an address that is not allowed",
                    Fault::RateLimited(_) => "is limited",
                    Fault::Busy => "was not asked for, because the server is too busy",
                    Fault::Status(status) => return write!(f, "{what} answers with status {status}"),
                };
                write!(f, "{what} {words}")
            }
            Self::Status { what, status } => write!(f, "{what} answers with status {status}"),
            Self::Unusable { what, why } => write!(f, "{what} is of no use: {why}"),
        }
    }
}
