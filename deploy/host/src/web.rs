//! Visits the addresses that callers name: whatever a name leads to is judged, and what was judged is connected to.
//!
//! Each hop of a visit has a client of its own, which knows the addresses of one host and can look up no other. So a
//! name that leads elsewhere a moment later leads there without us, and a redirect is judged like the first address.
//! No proxy is asked: it would look the name up once more.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use badgesmith_engine::{
    Settings, Taken,
    world::{Ask, Fault, Reply, Upstream},
};
use futures_util::future::BoxFuture;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::{
    client,
    guard::{Guard, Place},
    upstream,
    visits::{TURN_PATIENCE, Visits},
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
    visits: Visits,
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
        Self { guard: Guard::new(settings), resolver, tls: OnceLock::new(), visits: Visits::new() }
    }

    /// Follows an address to its end. Each hop has a place of its own for as long as it lasts, so one host that keeps its
    /// visitors waiting has four of them at the most, each for as long as its patience.
    async fn visit(&self, ask: &Ask) -> Result<Reply, Fault> {
        let mut url = ask.url.clone();
        let mut patience = Patience { left: ask.patience, turns: TURN_PATIENCE };
        for _ in 0..=REDIRECTS {
            ask.progress.go(&url);
            match self.hop(&url, ask, &mut patience).await? {
                Hop::Arrived(reply) => return Ok(reply),
                Hop::Redirected(next) => url = next,
            }
        }
        Err(Fault::Nonsense(format!("it redirects more than {REDIRECTS} times")))
    }

    /// One request, from judging its address to its whole answer.
    async fn hop(&self, url: &Url, ask: &Ask, patience: &mut Patience) -> Result<Hop, Fault> {
        let (host, addresses) = self.judged(url, patience).await?;
        let _place = patience.turn(|until| self.visits.visit(url, until)).await?;
        patience.within(self.request(url, ask, &host, &addresses)).await
    }

    async fn request(&self, url: &Url, ask: &Ask, host: &str, addresses: &[SocketAddr]) -> Result<Hop, Fault> {
        let tls = self.tls.get_or_init(|| client::tls(client::mozilla()));
        let tls = tls.as_ref().map_err(|words| Fault::Unreachable(words.clone()))?;
        let client = client::pinned(tls, host, addresses).map_err(Fault::Unreachable)?;
        // The client's own time limit for connecting is shorter than what is left here.
        ask.progress.reach();
        let response = upstream::request(&client, url.clone(), ask)?.send().await.map_err(|error| {
            if error.is_connect() {
                ask.progress.go(url);
            }
            upstream::fault(error)
        })?;
        match upstream::location(url, &response) {
            None => {
                let mut room = self.visits.room();
                let read = upstream::read(response, ask.largest_body, |bytes| room.grow(bytes)).await;
                read.map(Hop::Arrived)
            }
            Some(None) => Err(Fault::Nonsense("it redirects to what is no address".to_owned())),
            Some(Some(next)) => Ok(Hop::Redirected(next)),
        }
    }

    /// Where an address leads, if it may be visited there: its host, and every address of that.
    async fn judged(&self, url: &Url, patience: &mut Patience) -> Result<(String, Vec<SocketAddr>), Fault> {
        let refused = |words| {
            tracing::info!(host = url.host_str(), words, "an address that a caller named is refused");
            Fault::NotAllowed(words)
        };
        let (name, port) = match self.guard.place(url).map_err(refused)? {
            Place::Here(address) => return Ok((String::new(), vec![address])),
            Place::Named(name, port) => (name, port),
        };
        let place = patience.turn(|until| self.visits.lookup(url, until)).await?;
        let found = patience.within(self.look_up(name.clone(), place)).await?;
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

    /// Looks a name up, on a task of its own: the lookup goes on when nobody waits for it, and so does its place.
    async fn look_up(&self, name: String, place: Taken) -> Result<io::Result<Vec<IpAddr>>, Fault> {
        let resolver = Arc::clone(&self.resolver);
        let looking = tokio::spawn(async move {
            let found = resolver.resolve(&name).await;
            drop(place);
            found
        });
        looking.await.map_err(|_| Fault::Unreachable("a lookup broke off".to_owned()))
    }
}

/// How one request of a visit ended.
enum Hop {
    Arrived(Reply),
    Redirected(Url),
}

/// How much time a visit has left.
struct Patience {
    /// For requests.
    left: Duration,
    /// For waiting for places.
    turns: Duration,
}

impl Patience {
    /// Waits for a turn.
    async fn turn<F: Future<Output = Result<Taken, Fault>>>(
        &mut self,
        take: impl FnOnce(Instant) -> F,
    ) -> Result<Taken, Fault> {
        let began = Instant::now();
        let place = take(began + self.turns).await;
        self.turns = self.turns.saturating_sub(began.elapsed());
        place
    }

    /// Does something within the time that is left.
    async fn within<T>(&mut self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let began = Instant::now();
        let outcome = timeout(self.left, work).await;
        self.left = self.left.saturating_sub(began.elapsed());
        outcome.unwrap_or(Err(Fault::Timeout))
    }
}

impl Upstream for HttpWeb {
    fn fetch(&self, ask: Ask) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move { self.visit(&ask).await })
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
