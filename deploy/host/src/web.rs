//! Fetches URLs that callers name, and sends webhooks to the receivers of subscriptions. The address guard checks every
//! address of a host, and only checked addresses are connected to.
//!
//! Each request, also after a redirect, has a client of its own that is pinned to the checked addresses and cannot look
//! up names. So changing the addresses of a name after the check (DNS rebinding) has no effect. No proxy is used,
//! because it would look the name up again.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use badgesmith_engine::{
    Permit, Settings,
    world::{Ask, Fault, Reply, Upstream},
};
use futures_util::future::BoxFuture;
use reqwest::Response;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::{
    address_guard::{AddressGuard, Destination},
    client::{self, ClientError},
    concurrency_limits::{ConcurrencyLimits, PERMIT_TIMEOUT},
    extra_roots::ExtraRoots,
    upstream,
};

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Looks up host names.
pub trait Resolver: Send + Sync {
    /// Every address of a name.
    ///
    /// # Errors
    /// Why the name has none, for the log.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// Fetches public URLs over HTTP/1.1 and HTTP/2. To be used within one tokio runtime.
pub struct HttpWeb {
    guard: AddressGuard,
    resolver: Arc<dyn Resolver>,
    tls: OnceLock<Result<ClientConfig, ClientError>>,
    limits: ConcurrencyLimits,
    roots: ExtraRoots,
    /// Whether it sends webhooks to receivers: then a redirect is not followed but returned as the receiver's answer,
    /// and the status of an answer counts even if its body cannot be read.
    is_for_receivers: bool,
}

impl fmt::Debug for HttpWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWeb").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl HttpWeb {
    /// A fetcher with the exceptions of plugins.toml, which looks names up with the operating system.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with_resolver(settings, Arc::new(SystemResolver))
    }

    /// The same with another resolver.
    #[must_use]
    pub fn with_resolver(settings: &Settings, resolver: Arc<dyn Resolver>) -> Self {
        Self {
            guard: AddressGuard::new(settings),
            resolver,
            tls: OnceLock::new(),
            limits: ConcurrencyLimits::of_callers(),
            roots: ExtraRoots::default(),
            is_for_receivers: false,
        }
    }

    /// The fetcher with additional root certificates. Call this before the first request.
    #[must_use]
    pub fn trusting(mut self, roots: ExtraRoots) -> Self {
        self.roots = roots;
        self
    }

    /// The same guard for the receivers of subscriptions, with limits of their own.
    pub(crate) fn for_receivers(settings: &Settings, resolver: Arc<dyn Resolver>) -> Self {
        let limits = ConcurrencyLimits::of_receivers();
        Self { limits, is_for_receivers: true, ..Self::with_resolver(settings, resolver) }
    }

    /// Fetches a URL and follows redirects. Each request holds a permit while it lasts, so a host that stalls holds a
    /// bounded number of permits, each until its request times out.
    async fn follow(&self, ask: &Ask) -> Result<Reply, Fault> {
        let mut url = ask.url.clone();
        // A webhook waits for earlier webhooks to the same receiver, each of which may take up to the same time limit.
        let for_permits = if self.is_for_receivers { ask.patience } else { PERMIT_TIMEOUT };
        let mut time = TimeLeft { for_requests: ask.patience, for_permits };
        for _ in 0..=REDIRECTS {
            ask.progress.go(&url);
            match self.exchange(&url, ask, &mut time).await? {
                Exchanged::Reply(reply) => return Ok(reply),
                Exchanged::Redirect(next) => url = next,
            }
        }
        Err(Fault::Nonsense(format!("it redirects more than {REDIRECTS} times")))
    }

    /// One request, from checking its URL to the whole response.
    async fn exchange(&self, url: &Url, ask: &Ask, time: &mut TimeLeft) -> Result<Exchanged, Fault> {
        let host = self.checked(url, time).await?;
        let _permit = time.permit(|until| self.limits.request_permit(url, until)).await?;
        time.within(self.request(url, ask, &host)).await
    }

    async fn request(&self, url: &Url, ask: &Ask, host: &CheckedHost) -> Result<Exchanged, Fault> {
        let tls = self.tls.get_or_init(|| client::tls(client::roots(&self.roots)));
        let unusable = |error: &ClientError| Fault::Unreachable(error.to_string());
        let tls = tls.as_ref().map_err(unusable)?;
        let client = client::pinned(tls, &host.name, &host.addresses).map_err(|error| unusable(&error))?;
        // Connecting has a shorter time limit of its own.
        ask.progress.reach();
        let response = upstream::request(&client, url.clone(), ask)?.send().await.map_err(|error| {
            if error.is_connect() {
                ask.progress.go(url);
            }
            upstream::fault(error)
        })?;
        if self.is_for_receivers {
            return Ok(Exchanged::Reply(self.answer(response, ask).await));
        }
        match upstream::location(url, &response) {
            None => {
                let mut memory = self.limits.body_reservation();
                let read = upstream::read(response, ask.largest_body, |bytes| memory.grow(bytes)).await;
                read.map(Exchanged::Reply)
            }
            Some(None) => Err(Fault::Nonsense("it redirects to what is no address".to_owned())),
            Some(Some(next)) => Ok(Exchanged::Redirect(next)),
        }
    }

    /// A receiver's answer, without its body if that is too large or cannot be read.
    async fn answer(&self, response: Response, ask: &Ask) -> Reply {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut memory = self.limits.body_reservation();
        let read = upstream::read(response, ask.largest_body, |bytes| memory.grow(bytes)).await;
        read.unwrap_or(Reply { status, headers, ..Reply::default() })
    }

    /// The host of a URL with all its addresses, if the guard admits every one of them.
    async fn checked(&self, url: &Url, time: &mut TimeLeft) -> Result<CheckedHost, Fault> {
        let refused = |words| {
            tracing::info!(host = url.host_str(), words, "a URL is refused");
            Fault::NotAllowed(words)
        };
        let (name, port) = match self.guard.destination(url).map_err(refused)? {
            Destination::Address(address) => {
                return Ok(CheckedHost { name: String::new(), addresses: vec![address] });
            }
            Destination::Name(name, port) => (name, port),
        };
        let permit = time.permit(|until| self.limits.lookup_permit(url, until)).await?;
        let found = time.within(self.look_up(name.clone(), permit)).await?;
        let found = found.map_err(|fault| Fault::Unreachable(format!("{name} is not found: {fault}")))?;
        let addresses: Vec<_> = found.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        if addresses.is_empty() {
            return Err(Fault::Unreachable(format!("{name} has no address")));
        }
        // One address that is not admitted is enough to refuse the name, since its owner chose all its addresses.
        if !addresses.iter().all(|address| self.guard.admits(Some(&name), *address)) {
            return Err(refused("url not allowed"));
        }
        Ok(CheckedHost { name, addresses })
    }

    /// Looks a name up on a task of its own: a lookup cannot be cancelled, and keeps its permit to its end.
    async fn look_up(&self, name: String, permit: Permit) -> Result<io::Result<Vec<IpAddr>>, Fault> {
        let resolver = Arc::clone(&self.resolver);
        let lookup = tokio::spawn(async move {
            let found = resolver.resolve(&name).await;
            drop(permit);
            found
        });
        lookup.await.map_err(|_| Fault::Unreachable("a lookup broke off".to_owned()))
    }
}

/// A host that passed the guard. The name is empty if the URL has an address instead.
struct CheckedHost {
    name: String,
    addresses: Vec<SocketAddr>,
}

/// The outcome of one request.
enum Exchanged {
    Reply(Reply),
    Redirect(Url),
}

/// How much time a fetch has left.
struct TimeLeft {
    /// The time left for lookups and requests.
    for_requests: Duration,
    /// The time left for waiting for permits.
    for_permits: Duration,
}

impl TimeLeft {
    /// Waits for a permit.
    async fn permit<F: Future<Output = Result<Permit, Fault>>>(
        &mut self,
        acquire: impl FnOnce(Instant) -> F,
    ) -> Result<Permit, Fault> {
        let began = Instant::now();
        let permit = acquire(began + self.for_permits).await;
        self.for_permits = self.for_permits.saturating_sub(began.elapsed());
        permit
    }

    /// Runs a lookup or a request within the time that is left.
    async fn within<T>(&mut self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let began = Instant::now();
        let outcome = timeout(self.for_requests, work).await;
        self.for_requests = self.for_requests.saturating_sub(began.elapsed());
        outcome.unwrap_or(Err(Fault::Timeout))
    }
}

impl Upstream for HttpWeb {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move { self.follow(&ask).await })
    }
}

/// The operating system's resolver.
pub(crate) struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
