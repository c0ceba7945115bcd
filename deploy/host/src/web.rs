//! Visits the addresses that callers name: whatever a name leads to is judged, and what was judged is connected to.
//!
//! Each hop of a visit has a client of its own, which knows the addresses of one host and can look up no other. So a
//! name that leads elsewhere a moment later leads there without us, and a redirect is judged like the first address.
//! No proxy is asked: it would look the name up once more.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use badgesmith_engine::{
    Settings,
    world::{Ask, Fault, Reply, Upstream},
};
use futures_util::future::BoxFuture;
use rustls::ClientConfig;
use url::Url;

use crate::{
    client,
    guard::{Guard, Place},
    upstream,
};

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Who looks up names.
pub trait Resolver: Send + Sync {
    /// Every address of a name.
    ///
    /// # Errors
    /// Why there is none, for the log.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The web over HTTP/1.1 and HTTP/2, without what does not lead outside. To be used within one tokio runtime.
pub struct HttpWeb {
    guard: Guard,
    resolver: Arc<dyn Resolver>,
    tls: OnceLock<Result<ClientConfig, String>>,
}

impl fmt::Debug for HttpWeb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWeb").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl HttpWeb {
    /// The web as plugins.toml lets callers see it, names looked up by the system.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with_resolver(settings, Arc::new(System))
    }

    /// The same with names looked up by somebody else.
    #[must_use]
    pub fn with_resolver(settings: &Settings, resolver: Arc<dyn Resolver>) -> Self {
        Self { guard: Guard::new(settings), resolver, tls: OnceLock::new() }
    }

    async fn visit(&self, ask: &Ask) -> Result<Reply, Fault> {
        let tls = self.tls.get_or_init(|| client::tls(client::mozilla()));
        let tls = tls.as_ref().map_err(|words| Fault::Unreachable(words.clone()))?;
        let mut url = ask.url.clone();
        for _ in 0..=REDIRECTS {
            let (host, addresses) = self.judged(&url).await?;
            let client = client::pinned(tls, &host, &addresses).map_err(Fault::Unreachable)?;
            let response = upstream::request(&client, url.clone(), ask)?.send().await.map_err(upstream::fault)?;
            match upstream::location(&url, &response) {
                None => return upstream::read(response, ask.largest_body).await,
                Some(None) => return Err(Fault::Nonsense("it redirects to what is no address".to_owned())),
                Some(Some(next)) => url = next,
            }
        }
        Err(Fault::Nonsense(format!("it redirects more than {REDIRECTS} times")))
    }

    /// Where an address leads, if it may be visited there: its host, and every address of that.
    async fn judged(&self, url: &Url) -> Result<(String, Vec<SocketAddr>), Fault> {
        let refused = |words| {
            tracing::info!(host = url.host_str(), words, "an address that a caller named is refused");
            Fault::NotAllowed(words)
        };
        let (name, port) = match self.guard.place(url).map_err(refused)? {
            Place::Here(address) => return Ok((String::new(), vec![address])),
            Place::Named(name, port) => (name, port),
        };
        let found = self.resolver.resolve(&name).await;
        let found = found.map_err(|fault| Fault::Unreachable(format!("{name} is not found: {fault}")))?;
        let addresses: Vec<_> = found.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        if addresses.is_empty() {
            return Err(Fault::Unreachable(format!("{name} has no address")));
        }
        // One address that leads inside spoils them all: whoever owns the name chose it.
        if !addresses.iter().all(|address| self.guard.admits(Some(&name), *address)) {
            return Err(refused("url not allowed"));
        }
        Ok((name, addresses))
    }
}

impl Upstream for HttpWeb {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move {
            let visit = tokio::time::timeout(ask.patience, self.visit(&ask));
            visit.await.unwrap_or(Err(Fault::Timeout))
        })
    }
}

/// The system's own lookup.
struct System;

impl Resolver for System {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
