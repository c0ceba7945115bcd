//! The traits through which the engine does I/O: HTTP requests, timers and threads, secrets, storage, metrics.

use std::{
    fmt,
    future::ready,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use badgesmith_provider::SentWith;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use url::Url;

pub use crate::{
    executor::Executor,
    meter::{Event, Meter},
    proof::Verifier,
    store::{Store, Unavailable, Unhealthy},
};

/// The owner name that stands for the server's own secrets. They are sent to upstreams on behalf of owners without a
/// secret, and verify no report.
pub const SERVER: &str = "*";
/// How many secrets of its own a server has for one purpose at most.
pub const MOST_SERVER_SECRETS: usize = 32;

/// Implementations of everything that the engine cannot do itself. The server's and the Lambda function's are in
/// `deploy`; tests use implementations in memory, with a clock that they control.
#[derive(Clone)]
pub struct World {
    /// The HTTP client for upstreams, whose origins plugins.toml grants.
    pub upstream: Arc<dyn Upstream>,
    /// The HTTP client for addresses that callers name. It refuses private addresses.
    pub web: Arc<dyn Upstream>,
    /// Timers, background tasks and threads.
    pub executor: Arc<dyn Executor>,
    /// The owners' secrets.
    pub secrets: Arc<dyn Secrets>,
    /// The persistent store.
    pub store: Arc<dyn Store>,
    /// The metrics sink; `()` for none.
    pub meter: Arc<dyn Meter>,
    /// The verification of builds' tokens; `()` trusts no issuer.
    pub verifier: Arc<dyn Verifier>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// An HTTP client. Each call is one exchange, without a cache and without retries.
pub trait Upstream: Send + Sync {
    /// Sends a request and reads the whole reply, whatever its status. [`World::upstream`] follows redirects within the
    /// origin only, those of a POST only with 307 and 308, which repeat it; [`World::web`] follows them to every public
    /// address.
    ///
    /// # Errors
    /// [`Fault`] if there is no complete reply.
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>>;
}

/// The owners' secrets.
pub trait Secrets: Send + Sync {
    /// The secrets that `owner` (case-folded) has for `purpose`, the newest first: two during a rotation, none if no
    /// secret was ever set. With a `repo` (case-folded), the result is the repository's own secrets if it has any, or
    /// else the owner's. The same lookups must be made whether or not there are secrets, so that timing does not reveal
    /// it. For the owner [`SERVER`] there are none, so that the server's own secrets never verify a report.
    ///
    /// # Errors
    /// [`Unavailable`] if they cannot be read.
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>>;

    /// The server's own secrets for `purpose`, at most [`MOST_SERVER_SECRETS`]; none by default.
    ///
    /// # Errors
    /// [`Unavailable`] if they cannot be read.
    fn of_server<'a>(&'a self, purpose: &'a str) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        let _ = purpose;
        Box::pin(ready(Ok(Vec::new())))
    }

    /// Checks that secrets can be found now, with the same calls that [`Secrets::find`] makes.
    ///
    /// # Errors
    /// [`Unhealthy`] if they cannot.
    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>>;
}

/// A secret's value, which no log, error or debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the code that sends it or signs with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The name of a random token in the log and in `badgesmith secret list`: the first eight hexadecimal digits of its
    /// SHA-256. It is not for secrets that people choose, because it would confirm a guess.
    ///
    /// ```
    /// assert_eq!(badgesmith_engine::world::Secret::new("ghp_0123").id(), "3f53cc3a");
    /// ```
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(&Sha256::digest(&self.0)[..4])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// One request to an upstream or to the web: a POST if it has a body, and else a GET.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The address, without the secret. The origin of an upstream was granted in plugins.toml; on the web the address
    /// is the caller's.
    pub url: Url,
    /// `Accept`.
    pub accept: Option<String>,
    /// Further headers, besides those that have a field in this type.
    pub headers: HeaderMap,
    /// The JSON that is sent with a POST.
    pub body: Option<Bytes>,
    /// The secret that is sent, to the origin of `url` only.
    pub credential: Option<Credential>,
    /// `If-None-Match`.
    pub etag: Option<String>,
    /// `If-Modified-Since`.
    pub last_modified: Option<String>,
    /// The largest body to read, in bytes after content decoding.
    pub largest_body: usize,
    /// How long the whole exchange may take, without the wait for a connection permit.
    pub patience: Duration,
    /// Where the client records the progress of the exchange.
    pub progress: Progress,
}

impl Ask {
    /// A GET without further headers, for a body of at most this many bytes.
    #[must_use]
    pub fn get(url: Url, largest_body: usize, patience: Duration) -> Self {
        Self {
            url,
            accept: None,
            headers: HeaderMap::new(),
            body: None,
            credential: None,
            etag: None,
            last_modified: None,
            largest_body,
            patience,
            progress: Progress::default(),
        }
    }
}

/// A secret as it is sent with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The place in the request where it is sent.
    pub place: CredentialPlace,
    /// The value that is sent: the secret, or the secret with its scheme.
    pub value: Secret,
    /// Whose secret it is.
    pub whose: SentWith,
}

/// Where a request carries its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialPlace {
    /// As the value of this header.
    Header(HeaderName),
    /// As the value of this query parameter, appended to the address when it is sent.
    Query(String),
}

/// The progress of an exchange. The client records it while the exchange runs, so that after a timeout the circuit
/// breaker counts the fault of the origin that caused it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<Hop>>);

/// The latest request of an exchange that follows redirects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hop {
    /// Its address; `None` stands for [`Ask::url`].
    pub(crate) url: Option<Url>,
    /// Whether a connection to that address was made.
    pub(crate) is_reached: bool,
}

impl Progress {
    /// Records that the next request goes to this address, to which there is no connection yet.
    pub fn go(&self, url: &Url) {
        self.set(Hop { url: Some(url.clone()), is_reached: false });
    }

    /// Records that a connection to the latest address was made.
    pub fn reach(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_reached = true;
    }

    /// The address of the latest request, once the client has recorded one.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        self.hop().url
    }

    /// The latest request.
    pub(crate) fn hop(&self) -> Hop {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, hop: Hop) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hop;
    }
}

/// A complete reply.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body after content decoding.
    pub body: Bytes,
}

/// Why there is no complete reply. The texts are for the log and contain no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection, a connection that broke, or a body cut short.
    Unreachable(String),
    /// The exchange took longer than [`Ask::patience`].
    Timeout,
    /// The body is larger than [`Ask::largest_body`].
    TooLarge,
    /// The reply is invalid HTTP, its body does not match its content encoding, or it redirects to another origin.
    Nonsense(String),
    /// Status 5xx.
    Status(u16),
    /// The address, or the target of a redirect, is not allowed. The text is for the badge.
    NotAllowed(&'static str),
    /// Status 429, with the seconds of `Retry-After` if it has one.
    RateLimited(Option<u32>),
    /// No request was sent, because too many exchanges are under way.
    Busy,
}
