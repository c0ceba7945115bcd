//! What the engine cannot do itself: reach an upstream, wait, and run what may never come back.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use url::Url;

pub use crate::{
    meter::{Event, Meter},
    store::{Ill, Store, Unavailable},
};

/// The world behind the engine. The binaries' lies in deploy, the tests' moves by hand.
#[derive(Clone)]
pub struct World {
    /// Who asks upstreams.
    pub upstream: Arc<dyn Upstream>,
    /// Who visits the addresses that callers name, and those alone that lead outside.
    pub web: Arc<dyn Upstream>,
    /// Who runs what takes time.
    pub executor: Arc<dyn Executor>,
    /// Who knows the owners' secrets.
    pub secrets: Arc<dyn Secrets>,
    /// What survives a restart.
    pub store: Arc<dyn Store>,
    /// Who counts what happens; `()` where nobody does.
    pub meter: Arc<dyn Meter>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// Who asks: one exchange a call, nothing kept and nothing tried twice.
pub trait Upstream: Send + Sync {
    /// Sends a GET and reads the whole answer, whatever its status. Redirects are followed within the origin only, or on
    /// the web wherever they lead outside.
    ///
    /// # Errors
    /// [`Fault`] where there is no whole answer.
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>>;
}

/// Who runs what takes time.
pub trait Executor: Send + Sync {
    /// Runs a future to its end, whoever waits for it.
    fn spawn(&self, work: BoxFuture<'static, ()>);
    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
    /// Runs something that may never come back, where that holds up nobody.
    fn run(&self, work: Box<dyn FnOnce() + Send>);
    /// How long it is since some moment. It never goes back, whatever becomes of the time of day.
    fn clock(&self) -> Duration;
    /// A number from 0 to 1 that spreads what would otherwise happen at once.
    fn spread(&self) -> f64;
}

/// Who knows the owners' secrets.
pub trait Secrets: Send + Sync {
    /// The secrets that `owner` (folded) left for `purpose`, the newest first: two while one is being rotated, none if
    /// there never was one. With a `repo` (folded), those of the repository itself if it has any, else the owner's.
    /// Whether there are any must not show in what is looked up meanwhile.
    ///
    /// # Errors
    /// [`Unavailable`] where nobody can say.
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>>;

    /// Whether secrets can be found now, with calls that [`Secrets::find`] makes too.
    ///
    /// # Errors
    /// [`Ill`] where they cannot.
    fn check(&self) -> BoxFuture<'_, Result<(), Ill>>;
}

/// A secret's value, which no log, error or debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one who sends it or signs with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// One GET.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The address. An upstream's origin was granted; on the web it is whatever the caller named.
    pub url: Url,
    /// The media type to ask for.
    pub accept: Option<String>,
    /// `Authorization`, whole.
    pub authorization: Option<Secret>,
    /// `If-None-Match`.
    pub etag: Option<String>,
    /// `If-Modified-Since`.
    pub last_modified: Option<String>,
    /// The largest body to read, in bytes after content decoding.
    pub largest_body: usize,
    /// How long the whole exchange may take, the wait for its turn left aside.
    pub patience: Duration,
    /// Where the client records how far the exchange came.
    pub progress: Progress,
}

/// How far an exchange came. It is told while the exchange is under way, so that whoever gives one up knows which origin
/// kept it waiting.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<Hop>>);

/// The latest request of an exchange that follows redirects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hop {
    /// Where it went, if that is not the first address.
    pub(crate) url: Option<Url>,
    /// Whether a connection was made there.
    pub(crate) is_reached: bool,
}

impl Progress {
    /// The exchange goes on at this address, to which no connection was made yet.
    pub fn go(&self, url: &Url) {
        self.set(Hop { url: Some(url.clone()), is_reached: false });
    }

    /// A connection was made to the latest address.
    pub fn reach(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_reached = true;
    }

    /// The latest request.
    pub(crate) fn hop(&self) -> Hop {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, hop: Hop) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = hop;
    }
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body after content decoding.
    pub body: Bytes,
}

/// Why there is no whole answer. The words are for the log and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection, a connection that broke, or a body cut short.
    Unreachable(String),
    /// The exchange took longer than its patience.
    Timeout,
    /// The body is larger than it may be.
    TooLarge,
    /// The answer is not what HTTP says, is encoded in a way it is not, or leads to another origin.
    Nonsense(String),
    /// Status 5xx.
    Status(u16),
    /// The address, or one it leads to, is none that may be visited. The words are for the badge.
    NotAllowed(&'static str),
    /// Status 429, and after how many seconds to ask again if it said so.
    RateLimited(Option<u32>),
    /// Nobody was asked: too many exchanges are under way.
    Busy,
}
